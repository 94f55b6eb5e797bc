// Call frame information: from the registers at a place in a function to those of its caller.
//
// What clang writes for riscv64 and x86-64 into `.eh_frame` of code without exceptions, and nothing
// else. Source: DWARF 5, section 6.4; Linux Standard Base 5.0, chapter 10.6 (.eh_frame); RISC-V and
// AMD64 psABI, DWARF register numbers.
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
    std::uint16_t machine = 0; ///< Its ELF number, as for Image::read(). It is not in the table.
};

/// Registers by their DWARF numbers, of the machine of the table they are used with: x1 of riscv64
/// at [1], rax of x86-64 at [0]; CallConvention has names for some. At the number of the return
/// address lies, in a caller that was found, its pc: in ra on riscv64, in no register on x86-64.
struct FrameRegisters {
    std::uint64_t r[32];
    std::uint64_t pc;
};

/// Whether `pc` is an instruction that was interrupted, or a return address. The instruction before
/// a return address is in the function, the one at it need not be.
enum class PcKind : std::uint8_t { interrupted, return_address };

/// Reads the word at an address of the stack that is unwound; false: it is none of the stack's. On
/// x86-64 nothing below the stack pointer is asked for: an interrupt may have written there.
struct StackReader {
    bool (*read)(void* context, std::uint64_t address, std::uint64_t& word) noexcept;
    void* context;
};

/// The registers of the caller of the function that `registers.pc` lies in, as if that function
/// returned now: pc is the return address, the stack pointer is what it is behind the call.
/// Registers that a call does not keep have the values they have now.
/// Ensures: the stack pointer is 16-byte aligned and not below the one given; on x86-64 it is
/// above, so that who goes from caller to caller comes to the end of the stack. Errors: not_found
/// (no entry for pc), malformed (the table or the frame contradicts itself), unsupported (another
/// machine; an instruction or encoding that clang does not write for this one), out_of_range
/// (`stack` refused an address). Context: any. Work is linear in the size of the table. Untrusted:
/// every byte of the table, every register, every word of the stack.
[[nodiscard]] Result<FrameRegisters> caller_frame(const FrameTable& table,
                                                  const FrameRegisters& registers,
                                                  PcKind kind,
                                                  const StackReader& stack) noexcept;

/// Where the function begins that `pc` lies in. Errors, context: as caller_frame(). Untrusted:
/// every byte of the table.
[[nodiscard]] Result<std::uint64_t>
function_begin(const FrameTable& table, std::uint64_t pc, PcKind kind) noexcept;

/// caller_frame() for a function of which not one instruction has run, whatever its table says: the
/// way back from a call to an address where there is no code.
/// Errors: unsupported (another machine), out_of_range (`stack` refused the address).
/// Context: any. Untrusted: every register, every word of the stack.
[[nodiscard]] Result<FrameRegisters> caller_at_entry(std::uint16_t machine,
                                                     const FrameRegisters& registers,
                                                     const StackReader& stack) noexcept;

} // namespace cw::loader
