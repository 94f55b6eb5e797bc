// A moment as people write it.
#pragma once
#include <cstdint>
#include <cw/core/text.hpp>

namespace shell {

struct Date {
    std::uint64_t year, month, day, hour, minute, second;
};

/// UTC, of the Gregorian calendar. Source: the usual reckoning of years that begin in March, so
/// that the day that some lack is the last.
[[nodiscard]] constexpr Date date_of(std::uint64_t seconds_since_1970) noexcept {
    const std::uint64_t of_day = seconds_since_1970 % 86'400;
    const std::uint64_t days = seconds_since_1970 / 86'400 + 719'468; // since 1 March of year 0
    const std::uint64_t era = days / 146'097;                         // of 400 years
    const std::uint64_t in_era = days % 146'097;
    const std::uint64_t year = (in_era - in_era / 1460 + in_era / 36'524 - in_era / 146'096) / 365;
    const std::uint64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    const std::uint64_t month = (5 * in_year + 2) / 153; // 0: March
    return {.year = era * 400 + year + (month >= 10 ? 1 : 0),
            .month = month < 10 ? month + 3 : month - 9,
            .day = in_year - (153 * month + 2) / 5 + 1,
            .hour = of_day / 3600,
            .minute = of_day / 60 % 60,
            .second = of_day % 60};
}

/// "2026-11-26 09:20:08".
[[nodiscard]] inline cw::Text<32> text_of(const Date& date) noexcept {
    const auto two = [](std::uint64_t number) {
        return cw::Text<4>{number < 10 ? "0{}" : "{}", number};
    };
    return cw::Text<32>{"{}-{}-{} {}:{}:{}",
                        date.year,
                        two(date.month).view(),
                        two(date.day).view(),
                        two(date.hour).view(),
                        two(date.minute).view(),
                        two(date.second).view()};
}

} // namespace shell
