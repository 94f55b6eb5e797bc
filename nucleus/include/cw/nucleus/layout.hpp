// Addresses and pages, as the nucleus counts them on every host.
#pragma once
#include <cstdint>
#include <cw/abi/layout.hpp>

namespace cw::kernel {

using VirtualAddress = std::uint64_t;

inline constexpr std::uint64_t kPage = abi::kPageSize;
inline constexpr std::uint64_t kMegaPage = std::uint64_t{2} << 20;
inline constexpr std::uint64_t kGigaPage = std::uint64_t{1} << 30;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept {
    return (value + unit - 1) & ~(unit - 1);
}
constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t unit) noexcept {
    return value & ~(unit - 1);
}

} // namespace cw::kernel
