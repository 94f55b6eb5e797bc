// The segment window: which of its addresses are taken.
#pragma once
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/nucleus/layout.hpp>

namespace cw::kernel {

/// Addresses for a segment; with an unmapped page behind them, so that running off its end faults.
/// Errors: no_resource. Locks: kernel_lock held.
[[nodiscard]] Result<VirtualAddress> window_reserve(std::uint64_t bytes) noexcept;
/// Requires: what window_reserve() gave for as many bytes. Locks: kernel_lock held.
void window_release(VirtualAddress base, std::uint64_t bytes) noexcept;

} // namespace cw::kernel
