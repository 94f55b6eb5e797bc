// riscv64: loads that the compiler does not make as short as the machine can.
#pragma once
#include <cstdint>

namespace cw::arch {

/// A relaxed atomic load of a 32-bit word, zero-extended by the load itself. clang 19 makes three
/// instructions of it.
[[gnu::always_inline]] inline std::uint64_t load_u32(const void* word) noexcept {
    using Word [[gnu::may_alias]] = std::uint32_t;
    std::uint64_t value;
    asm volatile("lwu %0, %1" : "=r"(value) : "m"(*static_cast<const Word*>(word)));
    return value;
}

} // namespace cw::arch
