// Schemas of shared variables, as text: what a reader goes by that was compiled for another version
// of the record.
//
// A schema is the list of a record's fields in order, as in signatures:
// "sec:i64,zone:{west:i32,dst:i32},load:u32[3]". Records have no padding, so the text says where
// each field lies. A value that is no record has one field without a name: ":u64".
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/status.hpp>
#include <cw/core/reflect.hpp>
#include <string_view>
#include <type_traits>

namespace cw::variables {

/// One field of a schema.
struct Field {
    std::string_view name;
    std::string_view type;
    std::size_t offset; ///< From the beginning of the record.
    std::size_t bytes;  ///< 0: the schema is not in order here.
};

namespace detail {

/// Up to the comma or the end that this text's first field ends with.
constexpr std::string_view first_of(std::string_view schema) noexcept {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < schema.size(); ++i) {
        if (schema[i] == ',' && depth == 0)
            return schema.substr(0, i);
        depth += schema[i] == '{' ? 1u : 0u;
        if (schema[i] == '}' && depth-- == 0)
            return {};
    }
    return depth == 0 ? schema : std::string_view{};
}

constexpr std::size_t number(std::string_view digits) noexcept {
    std::size_t value = 0;
    if (digits.starts_with('0')) // one way to write each
        return 0;
    for (const char c : digits) {
        if (c < '0' || c > '9' || value > 100'000)
            return 0;
        value = value * 10 + static_cast<std::size_t>(c - '0');
    }
    return value;
}

constexpr bool is_record(std::string_view type) noexcept {
    return type.size() >= 2 && type.front() == '{' && type.back() == '}';
}
constexpr std::string_view inside(std::string_view type) noexcept {
    return type.substr(1, type.size() - 2);
}
/// Of "i32", "u8" and so on: bytes; else 0.
constexpr std::size_t integer_bytes(std::string_view type) noexcept {
    if (type.size() < 2 || (type[0] != 'i' && type[0] != 'u'))
        return 0;
    const std::size_t bits = number(type.substr(1));
    return bits == 8 || bits == 16 || bits == 32 || bits == 64 ? bits / 8 : 0;
}

} // namespace detail

inline constexpr int kMaxNesting = 8;
inline constexpr std::size_t kMostBytes = 1u
                                          << 16; ///< No array has more elements, nor larger ones.

constexpr std::size_t bytes_of_schema(std::string_view schema, int nesting) noexcept;

/// Bytes of a value of this type; 0: it is none.
constexpr std::size_t bytes_of_type(std::string_view type, int nesting = 0) noexcept {
    if (nesting == kMaxNesting || type.empty())
        return 0;
    if (type.back() == ']') {
        const std::size_t open = type.rfind('[');
        if (open == std::string_view::npos)
            return 0;
        const std::size_t count = detail::number(type.substr(open + 1, type.size() - open - 2));
        const std::size_t bytes = bytes_of_type(type.substr(0, open), nesting + 1);
        return count <= kMostBytes && bytes <= kMostBytes ? count * bytes : 0;
    }
    if (detail::is_record(type))
        return bytes_of_schema(detail::inside(type), nesting + 1);
    return type == "bool" || type == "char" ? 1 : detail::integer_bytes(type);
}

/// Takes the first field of `schema`, which lies at `offset`, off it.
constexpr Field take_field(std::string_view& schema, std::size_t offset, int nesting = 0) noexcept {
    const std::string_view text = detail::first_of(schema);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        schema = {};
        return {{}, {}, offset, 0};
    }
    schema.remove_prefix(text.size());
    if (schema == ",") // behind which another field is missing
        return {{}, {}, offset, 0};
    schema.remove_prefix(schema.empty() ? 0 : 1);
    const std::string_view type = text.substr(colon + 1);
    return {text.substr(0, colon), type, offset, bytes_of_type(type, nesting)};
}

/// Bytes of a record of this schema; 0: the schema is not in order. Context: any; never recurses
/// deeper than kMaxNesting.
constexpr std::size_t bytes_of_schema(std::string_view schema, int nesting = 0) noexcept {
    std::size_t bytes = 0;
    while (!schema.empty()) {
        const Field field = take_field(schema, bytes, nesting);
        if (field.bytes == 0)
            return 0;
        bytes += field.bytes;
    }
    return bytes;
}

/// Whether all of it is unsigned numbers of 64 bits, of which several can be summed.
constexpr bool is_countable(std::string_view schema) noexcept {
    if (schema.empty())
        return false;
    while (!schema.empty()) {
        const Field field = take_field(schema, 0);
        if (field.bytes == 0 || field.type.substr(0, field.type.find('[')) != "u64")
            return false;
    }
    return true;
}

/// The field of this name; `bytes` is 0 if there is none.
constexpr Field find_field(std::string_view schema, std::string_view name) noexcept {
    for (std::size_t offset = 0; !schema.empty();) {
        const Field field = take_field(schema, offset);
        if (field.name == name || field.bytes == 0)
            return field;
        offset += field.bytes;
    }
    return {{}, {}, 0, 0};
}

/// What keeps a reader from reading a value of another schema.
struct Misfit {
    std::string_view field;    ///< Of the reader.
    std::string_view wanted;   ///< Its type.
    std::string_view provided; ///< Empty: there is no such field.
};

namespace detail {

/// An integer of this many bytes, little-endian, as 64 bits with its sign.
inline std::uint64_t
load_integer(const std::byte* from, std::size_t bytes, bool is_signed) noexcept {
    std::uint64_t value = 0;
    __builtin_memcpy(&value, from, bytes);
    const unsigned unused = static_cast<unsigned>(64 - 8 * bytes);
    return is_signed
               ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused)
               : value;
}

/// False: it does not fit.
inline bool copy_integer(std::string_view to_type,
                         std::byte* to,
                         std::string_view from_type,
                         const std::byte* from) noexcept {
    const std::size_t to_bytes = integer_bytes(to_type);
    const bool from_signed = from_type[0] == 'i';
    const bool to_signed = to_type[0] == 'i';
    const std::uint64_t value = load_integer(from, integer_bytes(from_type), from_signed);
    if (from_signed != to_signed && static_cast<std::int64_t>(value) < 0)
        return false;
    __builtin_memcpy(to, &value, to_bytes);
    return load_integer(to, to_bytes, to_signed) == value;
}

} // namespace detail

/// Whether a record of schema `from` can be read as one of schema `to`: each field of `to` is in
/// `from`, wherever, as the same type or as another integer. `misfit` is set if not.
constexpr bool fits(std::string_view to, std::string_view from, Misfit& misfit) noexcept {
    for (std::size_t offset = 0; !to.empty();) {
        const Field wanted = take_field(to, offset);
        offset += wanted.bytes;
        const Field given = find_field(from, wanted.name);
        if (given.bytes != 0 && wanted.bytes != 0) {
            if (given.type == wanted.type ||
                (detail::integer_bytes(given.type) != 0 && detail::integer_bytes(wanted.type) != 0))
                continue;
            if (detail::is_record(given.type) && detail::is_record(wanted.type)) {
                if (!fits(detail::inside(wanted.type), detail::inside(given.type), misfit))
                    return false;
                continue;
            }
        }
        misfit = {wanted.name, wanted.type, given.bytes == 0 ? std::string_view{} : given.type};
        return false;
    }
    return true;
}

/// Reads a record of schema `from` as one of schema `to`. Errors: mismatch (fits() says which
/// field), out_of_range (an integer is too large for the narrower field of the reader).
inline Status convert(std::string_view to,
                      std::byte* into,
                      std::string_view from,
                      const std::byte* record) noexcept {
    for (std::size_t offset = 0; !to.empty();) {
        const Field wanted = take_field(to, offset);
        offset += wanted.bytes;
        const Field given = find_field(from, wanted.name);
        if (given.bytes == 0 || wanted.bytes == 0)
            return Status::mismatch;
        if (given.type == wanted.type) {
            __builtin_memcpy(into + wanted.offset, record + given.offset, given.bytes);
        } else if (detail::integer_bytes(given.type) != 0 &&
                   detail::integer_bytes(wanted.type) != 0) {
            if (!detail::copy_integer(
                    wanted.type, into + wanted.offset, given.type, record + given.offset))
                return Status::out_of_range;
        } else if (detail::is_record(given.type) && detail::is_record(wanted.type)) {
            const Status status = convert(detail::inside(wanted.type),
                                          into + wanted.offset,
                                          detail::inside(given.type),
                                          record + given.offset);
            if (status != Status::ok)
                return status;
        } else {
            return Status::mismatch;
        }
    }
    return Status::ok;
}

/// Of T: its schema as text, and the hash that stands for it.
template <class T>
struct SchemaOf {
    static constexpr auto kLong = [] {
        reflect::FixedText<1024> text;
        if constexpr (std::is_class_v<T> && !reflect::kIsArray<T>) {
            reflect::append_record<T>(text);
        } else {
            text += ":";
            reflect::append_type<T>(text);
        }
        return text;
    }();
    static constexpr auto kText = [] {
        std::array<char, kLong.size + 1> text{};
        for (std::size_t i = 0; i < kLong.size; ++i)
            text[i] = kLong.data[i];
        return text;
    }();
    static constexpr std::string_view kView{kText.data(), kLong.size};
};

} // namespace cw::variables
