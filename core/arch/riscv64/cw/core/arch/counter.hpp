// riscv64: the counter that all harts have in common.
#pragma once
#include <cstdint>

namespace cw::arch {

/// What counter() reads, in clock::Scale::algorithm: the CSR `time`.
inline constexpr std::uint16_t kCounterAlgorithm = 1;

/// It never goes back, on whatever hart. Context: any; user mode may read it too.
[[gnu::always_inline]] inline std::uint64_t counter() noexcept {
    std::uint64_t value;
    asm volatile("rdtime %0" : "=r"(value));
    return value;
}

} // namespace cw::arch
