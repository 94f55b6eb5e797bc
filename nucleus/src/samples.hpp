// Variables of the nucleus that are looked at from time to time. Private to the nucleus.
#pragma once
#include <cstdint>

namespace cw::kernel {

/// Publishes them for the first time. Context: boot, when there are executors.
void samples_initialise() noexcept;
/// A domain reads this variable from now on. Context: the worker, or before it runs. Locks:
/// kernel_lock held.
void sample_read(std::uint32_t index) noexcept;

} // namespace cw::kernel
