// What tests do to the machine that no language has words for.
#pragma once

namespace machine {

inline void run_illegal_instruction() noexcept {
#ifdef __riscv
    asm volatile(".word 0");
#else
    asm volatile("ud2");
#endif
}

/// Reads an address where nothing is, whatever the compiler thinks of that.
inline void read_nowhere() noexcept {
#ifdef __riscv
    asm volatile("ld zero, 8(zero)" ::: "memory");
#else
    asm volatile("movq 8, %%rax" ::: "rax", "memory");
#endif
}

/// The same with other values in all registers that a call keeps: its caller's are only in the
/// frame of whoever this is compiled into.
[[gnu::always_inline]] inline void read_nowhere_with_all_registers() noexcept {
#ifdef __riscv
    asm volatile("li s1, -1\n li s2, -1\n li s3, -1\n li s4, -1\n li s5, -1\n li s6, -1\n"
                 "li s7, -1\n li s8, -1\n li s9, -1\n li s10, -1\n li s11, -1\n ld zero, 8(zero)"
                 :
                 :
                 : "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "memory");
#else
    asm volatile("movq $-1, %%rbx\n movq $-1, %%r12\n movq $-1, %%r13\n movq $-1, %%r14\n"
                 "movq $-1, %%r15\n movq 8, %%rax"
                 :
                 :
                 : "rax", "rbx", "r12", "r13", "r14", "r15", "memory");
#endif
}

} // namespace machine
