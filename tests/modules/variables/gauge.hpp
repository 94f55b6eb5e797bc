// A module that publishes what it is told to, and the ways in which tests read it.
#pragma once
#include <array>
#include <cw/core/future.hpp>
#include <cw/core/variables/declare.hpp>

namespace gauge {

/// What belongs together shows it: no value of another moment has these sums.
struct Report {
    std::uint64_t number;
    std::uint64_t twice;                 ///< 2 * number.
    std::uint64_t inverse;               ///< ~number.
    std::int64_t negative;               ///< -number.
    std::array<std::uint32_t, 2> halves; ///< Lower and upper half of number.
    std::uint64_t square;                ///< number * number.
};
static_assert(sizeof(Report) == 48);
constexpr Report report_of(std::uint64_t number) noexcept {
    return {number,
            2 * number,
            ~number,
            -static_cast<std::int64_t>(number),
            {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32)},
            number * number};
}
CW_VARIABLE(gauge, report, Report);
CW_VARIABLE(gauge, level, std::uint32_t);
/// Published after the report, by follow().
CW_VARIABLE(gauge, follower, Report);
/// Renewed by renew() only; its lease is a tenth of a second.
CW_VARIABLE(gauge, leased, Report);
/// Published in no test.
CW_VARIABLE(gauge, silent, Report);

struct Number {
    std::uint64_t number;
};
/// Publishes report_of(number), and its lower half as the level.
CW_METHOD(gauge, set, Number, cw::Nothing, 1, 0);
/// Publishes the reports of all numbers from 1 on, up to this one.
CW_METHOD(gauge, flood, Number, cw::Nothing, 1, 0);

/// Publishes the reports of all numbers from 0 on, up to this one, each as the follower after it.
CW_METHOD(gauge, follow, Number, cw::Nothing, 1, 0);
/// As set(), a tenth of a second later, and tells those who wait.
CW_METHOD(gauge, set_later, Number, cw::Nothing, 1, 0);
/// Publishes report_of(number) as what is leased.
CW_METHOD(gauge, renew, Number, cw::Nothing, 1, 0);

} // namespace gauge
