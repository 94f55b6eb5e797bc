// Hosted builds: as on x86-64, where registers are uncached and accesses stay in program order;
// only the compiler is to be held back. Source: Intel SDM 3A, 8.2.2 and 11.3.
#pragma once

namespace cw::arch {

/// What was written to memory is there before what is written to a device from here on.
[[gnu::always_inline]] inline void memory_before_device() noexcept {
    asm volatile("" ::: "memory");
}
/// What was read of a device was read before what is read of memory from here on.
[[gnu::always_inline]] inline void device_before_memory() noexcept {
    asm volatile("" ::: "memory");
}

} // namespace cw::arch
