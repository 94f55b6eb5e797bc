// The kernel's half of every address space (Sv39).
#pragma once
#include <cstdint>
#include <cw/nucleus/layout.hpp>

namespace cw::kernel {

using PhysicalAddress = std::uint64_t;

/// Physical memory and devices, readable and writable, never executable: address = kDirectMap +
/// physical.
inline constexpr VirtualAddress kDirectMap = 0xffff'ffc0'0000'0000;
inline constexpr std::uint64_t kDirectMapBytes = std::uint64_t{64} << 30;
/// Kernel stacks, each with an unmapped page below it.
inline constexpr VirtualAddress kStackWindow = 0xffff'ffe0'0000'0000;
/// Where the kernel image is linked; offset to where it is loaded.
inline constexpr VirtualAddress kImageBase = 0xffff'ffff'8020'0000;
inline constexpr std::uint64_t kImageOffset = 0xffff'ffff'0000'0000;

[[nodiscard]] inline void* direct(PhysicalAddress address) noexcept {
    return reinterpret_cast<void*>(kDirectMap + address);
}
template <class T>
[[nodiscard]] inline T* direct_as(PhysicalAddress address) noexcept {
    return static_cast<T*>(direct(address));
}

} // namespace cw::kernel
