// Compile-time reflection of records: names, types and number of fields, for signature texts.
//
// A record is an aggregate of up to kMaxFields fields of fixed-width integers, enums, bool,
// std::array of those, Buffer, and records. Field names come from the spelling of a pointer to the
// field of an object that is declared and never defined (the technique of Boost.PFR's core_name);
// clang 19 and g++ 12 both spell it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cw/core/buffer_ref.hpp>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cw::reflect {

inline constexpr std::size_t kMaxFields = 8;

/// Converts to anything, so that aggregates can be probed for the number of initialisers they take.
struct Anything {
    template <class T>
    constexpr operator T() const noexcept; // declared only
};

template <class T, std::size_t... I>
consteval bool takes(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), Anything{})...}; };
}

/// Number of fields of aggregate T.
template <class T>
consteval std::size_t field_count() {
    std::size_t count = 0;
    [&]<std::size_t... N>(std::index_sequence<N...>) {
        ((takes<T>(std::make_index_sequence<N>{}) ? static_cast<void>(count = N) : void()), ...);
    }(std::make_index_sequence<kMaxFields + 2>{});
    return count;
}

/// References to the fields of `record`, as a tuple.
template <class T>
constexpr auto fields(T& record) {
    constexpr std::size_t kCount = field_count<std::remove_const_t<T>>();
    static_assert(kCount <= kMaxFields, "a record has at most 8 fields; nest records to have more");
    if constexpr (kCount == 0) {
        return std::tuple<>{};
    } else if constexpr (kCount == 1) {
        auto& [a] = record;
        return std::tie(a);
    } else if constexpr (kCount == 2) {
        auto& [a, b] = record;
        return std::tie(a, b);
    } else if constexpr (kCount == 3) {
        auto& [a, b, c] = record;
        return std::tie(a, b, c);
    } else if constexpr (kCount == 4) {
        auto& [a, b, c, d] = record;
        return std::tie(a, b, c, d);
    } else if constexpr (kCount == 5) {
        auto& [a, b, c, d, e] = record;
        return std::tie(a, b, c, d, e);
    } else if constexpr (kCount == 6) {
        auto& [a, b, c, d, e, f] = record;
        return std::tie(a, b, c, d, e, f);
    } else if constexpr (kCount == 7) {
        auto& [a, b, c, d, e, f, g] = record;
        return std::tie(a, b, c, d, e, f, g);
    } else {
        auto& [a, b, c, d, e, f, g, h] = record;
        return std::tie(a, b, c, d, e, f, g, h);
    }
}

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
template <class T>
struct Holder {
    T value;
};
template <class T>
extern const Holder<T> kNeverDefined;

template <class T>
struct FieldPointer {
    T* pointer;
};
template <class T>
FieldPointer(T*) -> FieldPointer<T>;

template <auto Pointer>
consteval std::string_view spelled() {
    return __PRETTY_FUNCTION__;
}

/// Name of field I of record T.
template <class T, std::size_t I>
consteval std::string_view field_name() {
    constexpr auto kPointer = FieldPointer{&std::get<I>(fields(kNeverDefined<T>.value))};
    std::string_view text = spelled<kPointer>();
    text = text.substr(text.rfind(".") + 1);
    return text.substr(0, text.find_first_of("})]"));
}
#pragma clang diagnostic pop

/// A string of fixed capacity that is built at compile time.
template <std::size_t Capacity>
struct FixedText {
    char data[Capacity]{};
    std::size_t size = 0;

    constexpr FixedText& operator+=(std::string_view text) {
        for (const char c : text)
            data[size++] = c;
        return *this;
    }
    constexpr FixedText& append_number(std::size_t number) {
        if (number >= 10)
            append_number(number / 10);
        data[size++] = static_cast<char>('0' + number % 10);
        return *this;
    }
    [[nodiscard]] constexpr std::string_view view() const { return {data, size}; }
};

template <class T>
inline constexpr bool kIsArray = false;
template <class T, std::size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;

template <class T, class Out>
consteval void append_type(Out& out);

template <class T, class Out, std::size_t... I>
consteval void append_fields(Out& out, std::index_sequence<I...>) {
    using Fields = decltype(fields(std::declval<T&>()));
    ((out += (I == 0 ? "" : ","),
      out += field_name<T, I>(),
      out += ":",
      append_type<std::remove_cvref_t<std::tuple_element_t<I, Fields>>>(out)),
     ...);
}

template <class T, class Out>
consteval void append_record(Out& out) {
    append_fields<T>(out, std::make_index_sequence<field_count<T>()>{});
}

template <class T, class Out>
consteval void append_type(Out& out) {
    if constexpr (std::is_same_v<T, BufferRef>) {
        out += "Buffer";
    } else if constexpr (std::is_same_v<T, OutBuffer>) {
        out += "OutBuffer";
    } else if constexpr (std::is_enum_v<T>) {
        append_type<std::underlying_type_t<T>>(out);
    } else if constexpr (std::is_same_v<T, bool>) {
        out += "bool";
    } else if constexpr (std::is_same_v<T, char>) {
        out += "char"; // its signedness differs between hosts
    } else if constexpr (std::is_integral_v<T>) {
        out += std::is_signed_v<T> ? "i" : "u";
        out.append_number(sizeof(T) * 8);
    } else if constexpr (kIsArray<T>) {
        append_type<typename T::value_type>(out);
        out += "[";
        out.append_number(std::tuple_size_v<T>);
        out += "]";
    } else {
        static_assert(
            std::is_aggregate_v<T> && std::is_class_v<T>,
            "records hold fixed-width integers, enums, bool, std::array, Buffer and records");
        out += "{";
        append_record<T>(out);
        out += "}";
    }
}

} // namespace cw::reflect
