// Numbers as people type them: 250, -3, 0x1f, 8M.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace shell {

/// Digits, or 0x and hexadecimal digits; k, M, G, T behind them stand for thousands, ki, Mi, Gi, Ti
/// for 1024s. With a minus in front, as 64 bits with sign. Nothing: it is no number, or has more
/// than 64 bits.
[[nodiscard]] constexpr std::optional<std::uint64_t>
parse_quantity(std::string_view text) noexcept {
    const bool negative = text.starts_with('-');
    text.remove_prefix(negative ? 1 : 0);
    const bool hexadecimal = text.starts_with("0x");
    text.remove_prefix(hexadecimal ? 2 : 0);
    const std::uint64_t base = hexadecimal ? 16 : 10;
    std::uint64_t number = 0;
    std::size_t digits = 0;
    for (; digits < text.size(); ++digits) {
        const char c = text[digits];
        const int digit = c >= '0' && c <= '9'                  ? c - '0'
                          : hexadecimal && c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                                : -1;
        if (digit < 0)
            break;
        if (__builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, static_cast<std::uint64_t>(digit), &number))
            return {};
    }
    if (digits == 0)
        return {};
    text.remove_prefix(digits);
    if (!text.empty()) {
        const std::size_t power = std::string_view{"kMGT"}.find(text.front());
        const bool binary = text.substr(1) == "i";
        if (power == std::string_view::npos || (text.size() != 1 && !binary))
            return {};
        for (std::size_t i = 0; i <= power; ++i) {
            if (__builtin_mul_overflow(number, std::uint64_t{binary ? 1024u : 1000u}, &number))
                return {};
        }
    }
    if (!negative)
        return number;
    if (number > std::uint64_t{1} << 63)
        return {};
    return 0 - number;
}

} // namespace shell
