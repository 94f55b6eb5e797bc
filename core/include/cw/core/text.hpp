// Text in a fixed buffer: how the freestanding parts format messages. Never allocates; what does
// not fit is cut and marked.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace cw {

/// An unsigned number to be shown in hexadecimal with 0x in front.
struct Hex {
    std::uint64_t value;
};

/// Appends to memory it does not own. `text()` is always valid; an overflow ends it with "...".
class TextWriter {
public:
    constexpr TextWriter(char* memory, std::size_t capacity) noexcept :
        memory_{memory}, capacity_{capacity} {}

    constexpr TextWriter& put(char c) noexcept {
        if (size_ < capacity_) {
            memory_[size_++] = c;
        } else {
            for (std::size_t i = 0; i < 3 && i < capacity_; ++i)
                memory_[capacity_ - 1 - i] = '.';
        }
        return *this;
    }
    constexpr TextWriter& put(std::string_view text) noexcept {
        for (const char c : text)
            put(c);
        return *this;
    }
    constexpr TextWriter& put(const char* text) noexcept { return put(std::string_view{text}); }
    constexpr TextWriter& put(Hex number) noexcept {
        put("0x");
        return put_unsigned(number.value, 16, 1);
    }
    template <std::integral T>
    constexpr TextWriter& put(T number) noexcept {
        if constexpr (std::same_as<T, bool>) {
            return put(number ? "true" : "false");
        } else if constexpr (std::is_signed_v<T>) {
            if (number < 0) {
                put('-');
                return put_unsigned(~static_cast<std::uint64_t>(number) + 1, 10, 1);
            }
            return put_unsigned(static_cast<std::uint64_t>(number), 10, 1);
        } else {
            return put_unsigned(number, 10, 1);
        }
    }
    /// Writes at least `digits` digits, padding with zeros.
    constexpr TextWriter&
    put_unsigned(std::uint64_t number, unsigned base, unsigned digits) noexcept {
        char reversed[64];
        unsigned count = 0;
        do {
            reversed[count++] = "0123456789abcdef"[number % base];
            number /= base;
        } while (number != 0 && count < sizeof(reversed));
        for (; digits > count; --digits)
            put('0');
        while (count > 0)
            put(reversed[--count]);
        return *this;
    }
    /// Pads with spaces until the text written since `start` is `width` long.
    constexpr TextWriter& pad_to(std::size_t start, std::size_t width) noexcept {
        while (size_ - start < width && size_ < capacity_)
            put(' ');
        return *this;
    }
    /// Replaces each "{}" of `pattern` by the next argument.
    template <class... Args>
    constexpr TextWriter& format(std::string_view pattern, const Args&... args) noexcept {
        (format_next(pattern, args), ...);
        return put(pattern);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr std::string_view text() const noexcept { return {memory_, size_}; }
    constexpr void clear() noexcept { size_ = 0; }

private:
    template <class T>
    constexpr void format_next(std::string_view& pattern, const T& argument) noexcept {
        const std::size_t hole = pattern.find("{}");
        if (hole == std::string_view::npos)
            return;
        put(pattern.substr(0, hole));
        put(argument);
        pattern.remove_prefix(hole + 2);
    }

    char* memory_;
    std::size_t capacity_;
    std::size_t size_ = 0;
};

/// A TextWriter with memory of its own.
template <std::size_t Capacity>
class Text {
public:
    constexpr Text() noexcept = default;
    template <class... Args>
    explicit constexpr Text(std::string_view pattern, const Args&... args) noexcept {
        format(pattern, args...);
    }
    template <class... Args>
    constexpr Text& format(std::string_view pattern, const Args&... args) noexcept {
        TextWriter writer{memory_ + size_, Capacity - size_};
        writer.format(pattern, args...);
        size_ += writer.size();
        return *this;
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {memory_, size_}; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

private:
    char memory_[Capacity]{};
    std::size_t size_ = 0;
};

/// One line for a person: what is wrong, with the name of the thing. Fits a log line and a reply
/// buffer.
using Message = Text<240>;

} // namespace cw
