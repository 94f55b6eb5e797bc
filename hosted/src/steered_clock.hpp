// A clock of our own that follows one that somebody else steers: Linux's, which NTP has run a
// little faster or slower, and which may be set.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace cw::hosted {

/// What the processor's counter and Linux's clocks say at one moment.
struct ClockReading {
    std::uint64_t counter;
    std::uint64_t boot_ns;   ///< CLOCK_BOOTTIME: steered, never set.
    std::uint64_t wall_ns;   ///< CLOCK_REALTIME: the same, and set now and then.
    std::uint64_t within_ns; ///< So long did that moment last.
};

/// Never goes back and never stands still: if it is behind or ahead, its pace makes up for it.
class SteeredClock {
public:
    constexpr SteeredClock() noexcept = default;
    /// It begins with 0 at `first`. Requires: `second` was read later; the longer, the better is
    /// the first pace.
    SteeredClock(const ClockReading& first, const ClockReading& second) noexcept :
        begin_ns_{first.boot_ns},
        last_{second},
        base_ns_{second.boot_ns - first.boot_ns},
        pace_{pace(first, second)},
        multiplier_{pace_},
        wall_offset_{second.wall_ns - base_ns_} {}

    /// Whether it is time to look at Linux's clocks again. The counter may have begun anew.
    [[nodiscard]] bool is_due(std::uint64_t counter) const noexcept {
        return counter < last_.counter || at(counter) - base_ns_ >= kShortest;
    }
    /// From here on its pace is such that it will be right a second later. Requires: is_due().
    void follow(const ClockReading& now) noexcept {
        const std::uint64_t truth = now.boot_ns - begin_ns_;
        std::uint64_t ours = base_ns_;
        if (now.counter > last_.counter) { // else the machine has slept, and the counter begun anew
            ours = at(now.counter);
            const std::uint64_t measured = pace(last_, now);
            if (measured - pace_ + pace_ / 100 < pace_ / 50) // within 1 %: else it stood still
                pace_ = measured;
        }
        auto behind = static_cast<std::int64_t>(truth - ours);
        if (behind > kMost) { // or nobody has looked for hours
            ours = truth;
            behind = 0;
        }
        // Of 10^9, within a second.
        const std::int64_t correction = std::clamp(behind, -kSteepest, kSteepest);
        multiplier_ = pace_ + static_cast<std::uint64_t>(static_cast<__int128>(pace_) * correction /
                                                         1'000'000'000);
        base_ns_ = ours;
        // Linux's two keep their distance until one is set; what is less than the reading is long
        // is its error.
        const std::uint64_t offset = now.wall_ns - truth;
        if (std::abs(static_cast<std::int64_t>(offset - wall_offset_)) >
            static_cast<std::int64_t>(now.within_ns))
            wall_offset_ = offset;
        last_ = now;
    }

    /// Nanoseconds since it began. Requires: not before the last reading.
    [[nodiscard]] std::uint64_t at(std::uint64_t counter) const noexcept {
        return base_ns_ +
               static_cast<std::uint64_t>(
                   static_cast<unsigned __int128>(counter - last_.counter) * multiplier_ >> 32);
    }
    /// Nanoseconds of one count, with 32 bits behind the point.
    [[nodiscard]] std::uint64_t multiplier() const noexcept { return multiplier_; }
    /// Since 1970, at the moment `ns` of at().
    [[nodiscard]] std::uint64_t wall(std::uint64_t ns) const noexcept { return ns + wall_offset_; }

private:
    /// Readings are some 50 ns wrong: a pace over less than this would be so by 0.5 of 10^6.
    static constexpr std::uint64_t kShortest = 100'000'000;
    static constexpr std::int64_t kMost = 1'000'000;   ///< Further behind, it leaps.
    static constexpr std::int64_t kSteepest = 500'000; ///< 500 of 10^6, as Linux's own.

    static std::uint64_t pace(const ClockReading& from, const ClockReading& to) noexcept {
        return static_cast<std::uint64_t>(
            (static_cast<unsigned __int128>(to.boot_ns - from.boot_ns) << 32) /
            (to.counter - from.counter));
    }

    std::uint64_t begin_ns_ = 0; ///< Of CLOCK_BOOTTIME.
    ClockReading last_{};
    std::uint64_t base_ns_ = 0; ///< Ours, at the last reading.
    std::uint64_t pace_ = 0;    ///< Linux's, as a multiplier.
    std::uint64_t multiplier_ = 0;
    std::uint64_t wall_offset_ = 0;
};

} // namespace cw::hosted
