// What tests do with the registers that a call keeps.
#pragma once
#include <cstdint>
#include <cw/abi/call.hpp>

namespace cw::tests {

/// Its caller's values of these registers are in its frame only when it faults.
[[gnu::noinline]] inline void fault_with_all_registers() noexcept {
    asm volatile("li s1, -1\n li s2, -1\n li s3, -1\n li s4, -1\n li s5, -1\n li s6, -1\n"
                 "li s7, -1\n li s8, -1\n li s9, -1\n li s10, -1\n li s11, -1\n ld zero, 8(zero)"
                 :
                 :
                 : "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "memory");
}

/// The bare call through a slot, with a pattern in every register that a call keeps. `changed` is
/// 0 if they all came back.
inline abi::RawFuture
call_and_compare(const abi::Slot& slot, std::uint64_t word, std::uint64_t& changed) noexcept {
    register std::uint64_t a0 asm("a0") = reinterpret_cast<std::uint64_t>(&slot);
    register std::uint64_t a1 asm("a1") = word;
    register std::uint64_t t0 asm("t0") = reinterpret_cast<std::uint64_t>(slot.function);
    register std::uint64_t t1 asm("t1");
    asm volatile("addi sp, sp, -16\n sd s0, 0(sp)\n"
                 "li s0, 100\n li s1, 101\n li s2, 102\n li s3, 103\n li s4, 104\n li s5, 105\n"
                 "li s6, 106\n li s7, 107\n li s8, 108\n li s9, 109\n li s10, 110\n li s11, 111\n"
                 "jalr t0\n"
                 "addi t1, s0, -100\n"
                 "addi s1, s1, -101\n or t1, t1, s1\n addi s2, s2, -102\n or t1, t1, s2\n"
                 "addi s3, s3, -103\n or t1, t1, s3\n addi s4, s4, -104\n or t1, t1, s4\n"
                 "addi s5, s5, -105\n or t1, t1, s5\n addi s6, s6, -106\n or t1, t1, s6\n"
                 "addi s7, s7, -107\n or t1, t1, s7\n addi s8, s8, -108\n or t1, t1, s8\n"
                 "addi s9, s9, -109\n or t1, t1, s9\n addi s10, s10, -110\n or t1, t1, s10\n"
                 "addi s11, s11, -111\n or t1, t1, s11\n"
                 "ld s0, 0(sp)\n addi sp, sp, 16"
                 : "+r"(a0), "+r"(a1), "+r"(t0), "=r"(t1)
                 :
                 : "memory",
                   "ra",
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
                   "a7",
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
    changed = t1;
    return {a0, a1};
}

} // namespace cw::tests
