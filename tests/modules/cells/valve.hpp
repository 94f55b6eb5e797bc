// A module that has control cells, and one that holds some of them, as they are told.
#pragma once
#include <array>
#include <cstdint>
#include <cw/core/future.hpp>
#include <cw/core/service/cells.hpp>

namespace valve {

/// What belongs together shows it: no value of another moment has these sums.
struct Form {
    std::uint64_t number;
    std::uint64_t twice;                 ///< 2 * number.
    std::uint64_t inverse;               ///< ~number.
    std::uint64_t square;                ///< number * number.
    std::array<std::uint32_t, 4> halves; ///< Lower and upper half of number, twice.
};
static_assert(sizeof(Form) == 48);
constexpr Form form_of(std::uint64_t number) noexcept {
    const auto low = static_cast<std::uint32_t>(number);
    const auto high = static_cast<std::uint32_t>(number >> 32);
    return {number, 2 * number, ~number, number * number, {low, high, low, high}};
}
constexpr bool is_whole(const Form& form) noexcept {
    const Form expected = form_of(form.number);
    return form.twice == expected.twice && form.inverse == expected.inverse &&
           form.square == expected.square && form.halves == expected.halves;
}

/// "valve/level": 10 to 1000, at first 50; keeps its value.
using Level = std::uint32_t;
/// "valve/tilt": -100 to 100, at first -5; reverts.
using Tilt = std::int16_t;
/// "valve/form": at first form_of(3); reverts. Forms of odd numbers below 1000 are refused.

struct Reading {
    std::uint64_t value; ///< Of the form: its number.
    std::uint64_t rejects;
};
struct Sum {
    std::uint64_t loads;
    std::uint64_t torn; ///< Of a level: outside of its limits; of a form: of two moments.
};
struct Count {
    std::uint64_t count;
};

/// Makes the three cells, if they are not there.
CW_METHOD(valve, make, cw::Nothing, cw::Nothing, 1, 0);
/// Destroys them.
CW_METHOD(valve, drop, cw::Nothing, cw::Nothing, 1, 0);
/// Load and say what was applied.
CW_METHOD(valve, level, cw::Nothing, Reading, 1, 0);
CW_METHOD(valve, tilt, cw::Nothing, Reading, 1, 0);
CW_METHOD(valve, form, cw::Nothing, Reading, 1, 0);
/// Loads level and form so often, on end.
CW_METHOD(valve, flood, Count, Sum, 1, 0);
/// Faults.
CW_METHOD(valve, crash, cw::Nothing, cw::Nothing, 1, 0);

} // namespace valve

namespace hand {

struct Choice {
    std::uint32_t cell; ///< 0: level, 1: tilt, 2: form.
    std::uint32_t mode; ///< cw::cells::Mode.
    std::uint64_t lease_ms;
};
struct Value {
    std::uint64_t cell;
    std::uint64_t value;
};
struct What {
    std::uint64_t cell;
};
struct State {
    std::uint64_t state; ///< cw::cells::Hold.
    std::uint64_t epoch;
};

CW_METHOD(hand, open, Choice, State, 1, 0);
CW_METHOD(hand, store, Value, State, 1, 0);
CW_METHOD(hand, state, What, State, 1, 0);
CW_METHOD(hand, close, What, cw::Nothing, 1, 0);
/// Writes at random over all that it can of the page that its level is in, so often.
CW_METHOD(hand, scribble, Value, State, 1, 0);
/// Writes where it may not: 0: the table, 1: the owner's echo.
CW_METHOD(hand, spoil, What, cw::Nothing, 1, 0);
/// Faults.
CW_METHOD(hand, crash, cw::Nothing, cw::Nothing, 1, 0);

} // namespace hand
