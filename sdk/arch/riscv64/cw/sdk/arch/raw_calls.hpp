// The system calls themselves, and the instruction counter: for measurements and hostile tests.
// Ordinary modules only await.
#pragma once
#include <cstdint>
#include <cw/abi/syscall.hpp>

namespace cw::raw {

inline constexpr bool kCountsInstructions = true;

[[gnu::always_inline]] inline std::uint64_t wake(std::uint64_t doorbell) noexcept {
    register std::uint64_t a0 asm("a0") = doorbell;
    register std::uint64_t a7 asm("a7") = static_cast<std::uint64_t>(abi::Call::wake);
    asm volatile("ecall" : "+r"(a0), "+r"(a7) : : "memory", "t0");
    return a0;
}

/// Keeps nothing but the stack: s registers are saved by the compiler around it, the frame pointer
/// by hand.
inline std::uint64_t wait(std::uint64_t deadline_ticks, std::uint64_t doorbell) noexcept {
    register std::uint64_t a0 asm("a0") = deadline_ticks;
    register std::uint64_t a1 asm("a1") = doorbell;
    register std::uint64_t a7 asm("a7") = static_cast<std::uint64_t>(abi::Call::wait);
    asm volatile("addi sp, sp, -16\n sd s0, 0(sp)\n ecall\n ld s0, 0(sp)\n addi sp, sp, 16"
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
    return a0;
}

struct CallResult {
    std::uint64_t value, state;
};
inline CallResult call(std::uint64_t number,
                       std::uint64_t grant,
                       const std::uint64_t (&words)[6],
                       std::uint64_t cookie) noexcept {
    register std::uint64_t a0 asm("a0") = grant;
    register std::uint64_t a1 asm("a1") = words[0];
    register std::uint64_t a2 asm("a2") = words[1];
    register std::uint64_t a3 asm("a3") = words[2];
    register std::uint64_t a4 asm("a4") = words[3];
    register std::uint64_t a5 asm("a5") = words[4];
    register std::uint64_t a6 asm("a6") = words[5];
    register std::uint64_t a7 asm("a7") = number;
    register std::uint64_t t1 asm("t1") = cookie;
    asm volatile(
        "ecall"
        : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6), "+r"(a7), "+r"(t1)
        :
        : "memory", "ra", "t0", "t2", "t3", "t4", "t5", "t6");
    return {a0, a1};
}

/// Instructions retired by this hart; exact under QEMU's -icount.
[[gnu::always_inline]] inline std::uint64_t instructions() noexcept {
    std::uint64_t value;
    asm volatile("rdinstret %0" : "=r"(value)::"memory");
    return value;
}

/// Markers for tools/bench/count.c: hints, which do nothing.
[[gnu::always_inline]] inline void begin_counting() noexcept {
    asm volatile("slti x0, x0, 1" ::: "memory");
}
[[gnu::always_inline]] inline void end_counting() noexcept {
    asm volatile("slti x0, x0, 2" ::: "memory");
}

} // namespace cw::raw
