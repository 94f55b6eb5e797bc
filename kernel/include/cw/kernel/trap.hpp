// The full trap frame and its handler.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cw::kernel {

/// All registers at a trap, x1 at [1]; x0's place is unused. Layout used by trap.S.
struct TrapFrame {
    std::uint64_t x[32];
    std::uint64_t pc, status, cause, value;
};
static_assert(offsetof(TrapFrame, pc) == 256 && sizeof(TrapFrame) == 288);

/// Prints "@frame ADDRESS" lines from a frame pointer chain, innermost first. Reads only mapped
/// kernel memory.
void print_backtrace(std::uint64_t pc,
                     std::uint64_t ra,
                     std::uint64_t frame_pointer,
                     std::uint64_t stack_pointer) noexcept;

} // namespace cw::kernel
