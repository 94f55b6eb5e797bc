// x86-64: the time stamp counter, which processors with an invariant one keep in step.
#pragma once
#include <cstdint>

namespace cw::arch {

/// What counter() reads, in clock::Scale::algorithm: the time stamp counter.
inline constexpr std::uint16_t kCounterAlgorithm = 2;

/// It never goes back, on whatever hart: not read before the loads in front of it are done (Intel
/// SDM 2, RDTSC), so that who has seen what another one wrote after its reading reads no earlier
/// time. Context: any.
[[gnu::always_inline]] inline std::uint64_t counter() noexcept {
    std::uint32_t low, high;
    asm volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return std::uint64_t{high} << 32 | low;
}

} // namespace cw::arch
