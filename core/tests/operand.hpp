// How many bytes of memory an x86-64 instruction reads: of those that compilers emit for code
// without AVX, and of the moves of a C library that has it.
#pragma once
#include <cstdint>

namespace cw::test {

struct Operand {
    std::uint32_t bytes; ///< Of its operand in memory; 0: the instruction is not known here.
    bool loads;          ///< False: it stores only.
};

/// Requires: `code` is an instruction with an operand in memory, which may lie at an end of it that
/// the instruction writes. Source: Intel SDM 2, appendix A (opcode maps), 2.3 (VEX), 2.7 (EVEX).
[[nodiscard]] Operand memory_operand(const std::uint8_t* code) noexcept;

} // namespace cw::test
