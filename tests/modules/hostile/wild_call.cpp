#include "wild_call.hpp"

extern "C" {
/// ra, sp, gp, tp, s0 to s11: found again relative to pc, the only register that is never lost.
[[gnu::visibility("hidden"), gnu::used]] std::uint64_t hostile_kept[16];
[[gnu::visibility("hidden")]] std::uint64_t hostile_wild_call(const hostile::Registers*) noexcept;
[[gnu::visibility("hidden")]] void hostile_wild_fault(const hostile::Registers*) noexcept;
}

asm(R"(
.macro EACH_SAVED what
    \what   ra, 0(t0)
    \what   sp, 8(t0)
    \what   gp, 16(t0)
    \what   tp, 24(t0)
    \what   s0, 32(t0)
    \what   s1, 40(t0)
    \what   s2, 48(t0)
    \what   s3, 56(t0)
    \what   s4, 64(t0)
    \what   s5, 72(t0)
    \what   s6, 80(t0)
    \what   s7, 88(t0)
    \what   s8, 96(t0)
    \what   s9, 104(t0)
    \what   s10, 112(t0)
    \what   s11, 120(t0)
.endm
.macro TAKE_WILD
    mv      t0, a0
    ld      a1, 8(t0)
    ld      a2, 16(t0)
    ld      a3, 24(t0)
    ld      a4, 32(t0)
    ld      a5, 40(t0)
    ld      a6, 48(t0)
    ld      a7, 56(t0)
    ld      t1, 64(t0)
    ld      sp, 72(t0)
    ld      gp, 80(t0)
    ld      tp, 88(t0)
    ld      ra, 96(t0)
    ld      a0, 0(t0)
    mv      t0, ra
    mv      t2, ra
    mv      t3, ra
    mv      t4, ra
    mv      t5, ra
    mv      t6, ra
    mv      s0, ra
    mv      s1, ra
    mv      s2, ra
    mv      s3, ra
    mv      s4, ra
    mv      s5, ra
    mv      s6, ra
    mv      s7, ra
    mv      s8, ra
    mv      s9, ra
    mv      s10, ra
    mv      s11, ra
.endm
.section .text.hostile_wild_call, "ax"
.hidden hostile_wild_call
.global hostile_wild_call
hostile_wild_call:
    lla     t0, hostile_kept
    EACH_SAVED sd
    TAKE_WILD
    ecall
    lla     t0, hostile_kept
    EACH_SAVED ld
    ret
.section .text.hostile_wild_fault, "ax"
.hidden hostile_wild_fault
.global hostile_wild_fault
hostile_wild_fault:
    TAKE_WILD
    .word   0
)");

namespace hostile {

std::uint64_t wild_call(const Registers& registers) noexcept {
    hostile_wild_call(&registers);
    return sizeof(registers) / 8;
}
void wild_fault(const Registers& registers) noexcept {
    hostile_wild_fault(&registers);
    __builtin_unreachable();
}

} // namespace hostile
