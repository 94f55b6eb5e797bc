// How long something takes, over and over: exact to a tick, in memory that does not grow.
#pragma once
#include <array>
#include <cstdint>

namespace shaper {

class Spread {
public:
    constexpr void clear() noexcept { *this = {}; }
    constexpr void add(std::uint64_t ticks) noexcept {
        ++counts_[ticks < counts_.size() ? ticks : counts_.size() - 1];
        ++all_;
    }
    /// That no more than one in a hundred is above; the longest that can be told is 4,095.
    [[nodiscard]] constexpr std::uint64_t p99() const noexcept {
        std::uint64_t above = all_ / 100;
        std::size_t ticks = counts_.size() - 1;
        while (ticks != 0 && counts_[ticks] <= above)
            above -= counts_[ticks--];
        return ticks;
    }

private:
    std::array<std::uint32_t, 4096> counts_{};
    std::uint64_t all_ = 0;
};

} // namespace shaper
