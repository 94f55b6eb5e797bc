// Call frame information: from the registers at a place in a function to those of its caller.
//
// What clang writes for riscv64 into `.eh_frame`, and nothing else. Source: DWARF 5, section 6.4;
// Linux Standard Base 5.0, chapter 10.6 (.eh_frame); RISC-V psABI, DWARF register numbers.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/result.hpp>
#include <span>

namespace cw::loader {

/// The call frame information of one stretch of code, and where it lies when that code runs: it
/// names code by the distance from itself.
struct FrameTable {
    std::span<const std::byte> bytes;
    std::uint64_t address = 0;
};

/// Integer registers, x1 at [1]; x0's place is unused.
struct FrameRegisters {
    std::uint64_t x[32];
    std::uint64_t pc;
};

/// Whether `pc` is an instruction that was interrupted, or a return address. The instruction before
/// a return address is in the function, the one at it need not be.
enum class PcKind : std::uint8_t { interrupted, return_address };

/// Reads the word at an address of the stack that is unwound; false: it is none of the stack's.
struct StackReader {
    bool (*read)(void* context, std::uint64_t address, std::uint64_t& word) noexcept;
    void* context;
};

/// The registers of the caller of the function that `registers.pc` lies in, as if that function
/// returned now: x1 and pc are the return address. Registers that a call does not keep have the
/// values they have now.
/// Errors: not_found (no entry for pc), malformed (the table or the frame contradicts itself),
/// unsupported (an instruction or encoding that clang does not write for riscv64), out_of_range
/// (`stack` refused an address).
/// Context: any. Work is linear in the size of the table.
/// Untrusted: every byte of the table, every register, every word of the stack.
[[nodiscard]] Result<FrameRegisters> caller_frame(const FrameTable& table,
                                                  const FrameRegisters& registers,
                                                  PcKind kind,
                                                  const StackReader& stack) noexcept;

} // namespace cw::loader
