// How functions call each other on a machine, told in DWARF register numbers, so that who takes a
// frame down or stands in for a function that did not return needs to know no machine.
//
// Source: RISC-V psABI 1.0, "Integer Register Convention", "Integer Calling Convention" and "DWARF
// Register Numbers"; AMD64 psABI 1.0, sections 3.2.1 to 3.2.3 and 3.6.2.
#pragma once
#include <cstdint>
#include <cw/loader/elf.hpp>

namespace cw::loader {

/// Registers by their DWARF numbers, which are below 32: bit n stands for number n.
using RegisterSet = std::uint32_t;

struct CallConvention {
    RegisterSet integers; ///< Integer registers that hold what is written to them.
    RegisterSet kept;     ///< As the caller left them when a call returns; the stack pointer, too.
    std::uint8_t stack_pointer;
    /// The column that says where a function returns to. On riscv64 this is a register, ra; on
    /// x86-64 no register has the number, and the address is on the stack.
    std::uint8_t return_address;
    /// What a call instruction puts onto the stack, the return address; 0 if that is in a register.
    std::uint8_t pushed_bytes;
    std::uint8_t values[2]; ///< The registers in which a function returns two words.
};

/// x2 is sp, x8 and x9 are s0 and s1, x18 to x27 are s2 to s11, x10 and x11 are a0 and a1. gp and
/// tp belong to the platform and to no function: a call neither keeps nor changes them.
inline constexpr CallConvention kRiscvCalls{.integers = ~RegisterSet{1},
                                            .kept = 0x3ff << 18 | 1 << 2 | 1 << 8 | 1 << 9,
                                            .stack_pointer = 2,
                                            .return_address = 1,
                                            .pushed_bytes = 0,
                                            .values = {10, 11}};

/// 0 to 7 are rax, rdx, rcx, rbx, rsi, rdi, rbp and rsp, in this order; 8 to 15 are r8 to r15.
inline constexpr CallConvention kX86_64Calls{.integers = 0xffff,
                                             .kept = 0xf000 | 1 << 3 | 1 << 6 | 1 << 7,
                                             .stack_pointer = 7,
                                             .return_address = 16,
                                             .pushed_bytes = 8,
                                             .values = {0, 1}};

/// The conventions of an ELF machine number; null if it is none that modules are built for.
[[nodiscard]] constexpr const CallConvention* call_convention(std::uint16_t machine) noexcept {
    switch (machine) {
    case elf::kMachineRiscv:
        return &kRiscvCalls;
    case elf::kMachineX86_64:
        return &kX86_64Calls;
    default:
        return nullptr;
    }
}

[[nodiscard]] constexpr bool contains(RegisterSet set, std::uint64_t number) noexcept {
    return number < 32 && (set >> number & 1) != 0;
}

} // namespace cw::loader
