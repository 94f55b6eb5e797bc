// Numbers that look random and are the same in every run.
#pragma once
#include <cstdint>

namespace storms {

/// Source: Marsaglia, "Xorshift RNGs", 2003.
class Random {
public:
    explicit constexpr Random(std::uint64_t seed) noexcept : state_{seed * 2 + 1} {}
    std::uint64_t next() noexcept {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }
    /// From 0 to limit - 1. Requires: limit != 0.
    std::uint64_t below(std::uint64_t limit) noexcept { return next() % limit; }

private:
    std::uint64_t state_;
};

} // namespace storms
