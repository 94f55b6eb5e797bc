// wake() and wait() as the executor's loop uses them: system calls in the vDSO of the
// kernel, inlined; functions of the host elsewhere.
#pragma once
#include <cstdint>
#include <cw/abi/syscall.hpp>
#include <cw/core/executor.hpp>

#if defined(CW_ONE_THREAD) && defined(__riscv)
namespace cw::platform {

[[gnu::always_inline]] inline void ring(std::uint64_t doorbell) noexcept {
    register std::uint64_t a0 asm("a0") = doorbell;
    register std::uint64_t a7 asm("a7") = static_cast<std::uint64_t>(abi::Call::wake);
    asm volatile("ecall" : "+r"(a0), "+r"(a7) : : "memory", "t0");
}

/// Every register but sp and tp is lost, and tp is what the thread began with: nothing is saved for
/// a thread that goes to sleep here, and nothing restored.
[[gnu::always_inline, nodiscard]] inline abi::RingTag sleep(std::uint64_t deadline_ticks,
                                                            std::uint64_t doorbell) noexcept {
    register std::uint64_t a0 asm("a0") = deadline_ticks;
    register std::uint64_t a1 asm("a1") = doorbell;
    register std::uint64_t a7 asm("a7") = static_cast<std::uint64_t>(abi::Call::wait);
    asm volatile("ecall"
                 : "+r"(a0), "+r"(a1), "+r"(a7)
                 :
                 : "memory",
                   "ra",
                   "t0",
                   "t1",
                   "t2",
                   "t3",
                   "t4",
                   "t5",
                   "t6",
                   "a2",
                   "a3",
                   "a4",
                   "a5",
                   "a6",
                   "s0",
                   "s1",
                   "s2",
                   "s3",
                   "s4",
                   "s5",
                   "s6",
                   "s7",
                   "s8",
                   "s9",
                   "s10",
                   "s11");
    return static_cast<abi::RingTag>(a1);
}

} // namespace cw::platform
#else
namespace cw::platform {
inline void ring(std::uint64_t doorbell) noexcept {
    wake(static_cast<std::uint32_t>(doorbell));
}
[[nodiscard]] inline abi::RingTag sleep(std::uint64_t deadline_ticks,
                                        std::uint64_t doorbell) noexcept {
    return wait(deadline_ticks, doorbell);
}
} // namespace cw::platform
#endif
