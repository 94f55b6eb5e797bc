// Values of control cells, as the 64 bits that travel, and their limits.
#pragma once
#include <bit>
#include <cstdint>
#include <cw/core/variables/read.hpp>
#include <limits>
#include <string_view>
#include <type_traits>

namespace cw::cells {

namespace detail {
template <std::size_t kBytes>
using Bits = std::conditional_t<
    kBytes == 1,
    std::uint8_t,
    std::conditional_t<kBytes == 2,
                       std::uint16_t,
                       std::conditional_t<kBytes == 4, std::uint32_t, std::uint64_t>>>;

/// A client may write any bits, and not all are a bool.
template <class T>
constexpr bool holds_bool() {
    return std::is_class_v<T> &&
           variables::SchemaOf<T>::kView.find("bool") != std::string_view::npos;
}
} // namespace detail

/// What a cell may be of: an integer, an enum, bool; or a record of integers and enums without
/// padding, of 1, 2, 4 or 8 bytes.
template <class T>
concept Cellular = variables::Shareable<T> && std::has_single_bit(sizeof(T)) && sizeof(T) <= 8 &&
                   !detail::holds_bool<T>();

/// A type that has an order: values outside of the limits are clamped. (Of a record, and of bool,
/// every value is within them.)
template <class T>
inline constexpr bool kOrdered =
    (std::is_integral_v<T> && !std::is_same_v<T, bool>) || std::is_enum_v<T>;

template <Cellular T>
[[nodiscard]] constexpr std::uint64_t encode(const T& value) noexcept {
    return std::bit_cast<detail::Bits<sizeof(T)>>(value);
}
template <Cellular T>
[[nodiscard]] constexpr T decode(std::uint64_t bits) noexcept {
    if constexpr (std::is_same_v<T, bool>)
        return (bits & 0xff) != 0;
    else
        return std::bit_cast<T>(static_cast<detail::Bits<sizeof(T)>>(bits));
}

/// The value that is nearest within [min, max].
template <Cellular T>
[[nodiscard]] constexpr T clamped(T value, T min, T max) noexcept {
    return value < min ? min : max < value ? max : value;
}

template <Cellular T>
[[nodiscard]] constexpr T lowest() noexcept {
    if constexpr (std::is_enum_v<T>)
        return static_cast<T>(std::numeric_limits<std::underlying_type_t<T>>::min());
    else if constexpr (kOrdered<T>)
        return std::numeric_limits<T>::min();
    else
        return T{};
}
template <Cellular T>
[[nodiscard]] constexpr T highest() noexcept {
    if constexpr (std::is_enum_v<T>)
        return static_cast<T>(std::numeric_limits<std::underlying_type_t<T>>::max());
    else if constexpr (kOrdered<T>)
        return std::numeric_limits<T>::max();
    else
        return T{};
}

} // namespace cw::cells
