// The segment window: which of its addresses are taken.
#pragma once
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/nucleus/layout.hpp>

namespace cw::kernel {

/// What a segment of so many bytes takes of the window: an unmapped page lies behind it, so that
/// running off its end faults.
[[nodiscard]] constexpr std::uint64_t window_bytes(std::uint64_t bytes) noexcept {
    return round_up(bytes, kPage) + kPage;
}
/// Addresses for a segment, window_bytes() of them. Errors: no_resource. Locks: kernel_lock held.
[[nodiscard]] Result<VirtualAddress> window_reserve(std::uint64_t bytes) noexcept;
/// Requires: they are what window_reserve() gave, or a part of it. Locks: kernel_lock held.
void window_release(VirtualAddress base, std::uint64_t addresses) noexcept;

} // namespace cw::kernel
