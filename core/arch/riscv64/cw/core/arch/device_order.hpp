// riscv64: accesses of memory and of devices are ordered by name only.
#pragma once

namespace cw::arch {

/// What was written to memory is there before what is written to a device from here on. Source:
/// RISC-V Unprivileged 20191213, 2.7: FENCE with I/O bits.
[[gnu::always_inline]] inline void memory_before_device() noexcept {
    asm volatile("fence w, o" ::: "memory");
}
/// What was read of a device was read before what is read of memory from here on.
[[gnu::always_inline]] inline void device_before_memory() noexcept {
    asm volatile("fence i, r" ::: "memory");
}

} // namespace cw::arch
