// Text of a golden: constants, enumerators, layouts and signatures, a line each.
#pragma once
#include <cinttypes>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cw/core/future.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace cw::goldens {

struct Field {
    const char* name;
    std::size_t offset;
    std::size_t bytes;
};

/// How the compiler spells a value; one that has no enumerator is spelled as a cast.
template <auto Value>
consteval std::string_view spelled() {
    std::string_view text = __PRETTY_FUNCTION__;
    text = text.substr(text.find("Value = ") + 8);
    return text.substr(0, text.rfind(']'));
}

class GoldenText {
public:
    explicit GoldenText(const char* title) { add("# %s", title); }

    void constant(const char* name, std::uint64_t value) {
        add("constant %s = %#" PRIx64, name, value);
    }
    /// Every enumerator whose value is below 64; nobody has to list them.
    template <class E>
    void enumerators(const char* name) {
        [&]<std::size_t... N>(std::index_sequence<N...>) {
            (enumerator<static_cast<E>(N)>(name, N), ...);
        }(std::make_index_sequence<64>{});
    }
    /// Every enumerator that is a single bit.
    template <class E>
    void flags(const char* name) {
        [&]<std::size_t... N>(std::index_sequence<N...>) {
            (enumerator<static_cast<E>(std::uint64_t{1} << N)>(name, std::uint64_t{1} << N), ...);
        }(std::make_index_sequence<sizeof(E) * 8 - 1>{});
    }
    /// Fields in the order of their offsets. What lies between them is shown too, so that a field
    /// that is left out here is seen.
    void layout(const char* name,
                std::size_t bytes,
                std::size_t alignment,
                std::initializer_list<Field> fields) {
        add("record %s: %zu bytes, aligned to %zu", name, bytes, alignment);
        std::size_t end = 0;
        for (const Field& field : fields) {
            gap(end, field.offset);
            add("    %4zu %4zu %s", field.offset, field.bytes, field.name);
            end = field.offset + field.bytes;
        }
        gap(end, bytes);
    }
    template <class M>
    void method(const cw::Method<M>&) {
        const abi::MethodShape shape = shape_of<M>();
        add("method %s %u.%u: hash %#018" PRIx64 ", words %u, reply words %u, buffers %u",
            Signature<M>::kText.data(),
            M::kVersion.major,
            M::kVersion.minor,
            Signature<M>::kHash,
            shape.argument_words,
            shape.reply_words,
            shape.buffers);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) {
        char line[cw::abi::kMaxSignatureBytes + 128];
        std::va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(line, sizeof(line), format, arguments);
        va_end(arguments);
        text_ += line;
        text_ += '\n';
    }
    void gap(std::size_t from, std::size_t to) {
        if (from < to)
            add("    %4zu %4zu -", from, to - from);
    }
    template <auto Value>
    void enumerator(const char* name, std::uint64_t value) {
        constexpr std::string_view kSpelled = spelled<Value>();
        if constexpr (kSpelled.find(')') == std::string_view::npos)
            add("%s %s = %" PRIu64,
                name,
                std::string{kSpelled.substr(kSpelled.rfind(':') + 1)}.c_str(),
                value);
    }

    std::string text_;
};

} // namespace cw::goldens
