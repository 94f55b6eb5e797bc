// A token bucket, exact: its credit is counted in bytes times ticks a second, so that nothing is
// rounded, however often it is asked.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>

namespace shaper {

class Bucket {
public:
    Bucket() noexcept = default;
    /// Empty.
    Bucket(std::uint64_t burst, std::uint64_t ticks_per_second, std::uint64_t now) noexcept :
        second_{ticks_per_second},
        most_{static_cast<Amount>(burst) * ticks_per_second},
        since_{now} {}

    /// What was earned until now, at the rate that held until now; `rate` holds from now on.
    void earn(std::uint64_t now, std::uint64_t rate) noexcept {
        const Amount earned = static_cast<Amount>(rate_) * (now - since_);
        earned_ += earned;
        credit_ = most_ - credit_ < earned ? most_ : credit_ + earned;
        since_ = now;
        rate_ = rate;
    }
    /// How many of these packets may go now.
    std::uint64_t take(std::uint64_t packets, std::uint32_t bytes) noexcept {
        const Amount cost = static_cast<Amount>(bytes) * second_;
        if (credit_ < cost)
            return 0;
        const std::uint64_t affordable = packets == 1 ? 1 : quotient(credit_, cost);
        const std::uint64_t taken = affordable < packets ? affordable : packets;
        credit_ -= cost * taken;
        bytes_ += taken * bytes;
        return taken;
    }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    /// In bytes; what is left of one is not counted.
    [[nodiscard]] std::uint64_t earned() const noexcept { return quotient(earned_, second_); }

private:
    using Amount = unsigned __int128; ///< Bytes times ticks a second.

    static int bits_of(Amount number) noexcept {
        const auto high = static_cast<std::uint64_t>(number >> 64);
        return high != 0 ? 128 - std::countl_zero(high)
                         : 64 - std::countl_zero(static_cast<std::uint64_t>(number));
    }
    /// At most 2^64 - 1. (There is no division of 128 bits here.) Requires: 0 < divisor < 2^64.
    static std::uint64_t quotient(Amount dividend, Amount divisor) noexcept {
        std::uint64_t result = 0;
        for (int bit = std::min(63, bits_of(dividend) - bits_of(divisor)); bit >= 0; --bit) {
            if (const Amount part = divisor << bit; part <= dividend) {
                dividend -= part;
                result |= std::uint64_t{1} << bit;
            }
        }
        return result;
    }

    std::uint64_t second_ = 1;
    Amount most_ = 0;
    Amount credit_ = 0;
    Amount earned_ = 0;
    std::uint64_t rate_ = 0;
    std::uint64_t since_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace shaper
