// The clock as a shared variable: what time it is, without a call.
//
// One record says which counter of the processor is read, and how. All of it changes at once, so
// that the time and its zone are of one moment. Who does not know that counter asks the service
// (cw/sdk/clock.hpp).
#pragma once
#include <cstdint>
#include <cw/core/arch/counter.hpp>
#include <cw/core/variables/declare.hpp>

namespace cw::clock {

struct Scale {
    /// At the moment that the rest is of. ~0 for every algorithm but the one that readers of this
    /// architecture always had: no counter gets there, so they come to the case of a counter that
    /// is behind, which is rare otherwise, and only there look at the algorithm.
    std::uint64_t counter;
    std::uint64_t multiplier; ///< Nanoseconds of one count, with 32 bits behind the point.
    std::uint64_t boot_ns;    ///< Since boot.
    std::uint64_t wall_ns;    ///< Since 1970, UTC; 0: nobody knows.
    std::int32_t
        west_minutes; ///< struct timezone, as gettimeofday() has it: minutes west of Greenwich,
    std::int16_t dst; ///< and which rule for summer time.
    /// How the counter is read. 1: the CSR `time` of RISC-V; 2: the time stamp counter of x86;
    /// never numbered anew.
    std::uint16_t algorithm;
};
inline constexpr std::uint64_t kNoCounter = ~std::uint64_t{0};
/// Published by the nucleus at boot, and whenever the clock is set.
CW_VARIABLE_NAMED(scale, "time/scale", Scale);

/// The time as it was at the last tick: nothing to compute. A tick comes every kTickMs as long as
/// some domain reads this variable.
struct Coarse {
    std::uint64_t boot_ns; ///< Since boot.
    std::uint64_t wall_ns; ///< Since 1970, UTC; 0: nobody knows.
};
inline constexpr std::uint64_t kTickMs = 10;
CW_VARIABLE_NAMED(coarse, "time/coarse", Coarse);

/// Whether arch::counter() is the counter of this scale.
[[nodiscard]] inline bool is_readable(const Scale& from) noexcept {
    return from.algorithm == arch::kCounterAlgorithm;
}
/// Nanoseconds from the moment of the scale until `counter`; before it: none. Requires:
/// is_readable().
[[nodiscard, gnu::always_inline]] inline std::uint64_t
nanoseconds_since(const Scale& from, std::uint64_t counter) noexcept {
    if (counter < from.counter) [[unlikely]] // another processor's counter may be a little behind
        return 0;
    return static_cast<std::uint64_t>(
        static_cast<unsigned __int128>(counter - from.counter) * from.multiplier >> 32);
}

/// Adds to `time` what has passed from the moment of the scale until `counter`. Errors: unsupported
/// (the scale is of a counter that this code cannot read).
[[nodiscard, gnu::always_inline]] inline Status
add_passed(const Scale& from, std::uint64_t counter, std::uint64_t& time) noexcept {
    if (counter < from.counter) [[unlikely]] // see Scale::counter
        return is_readable(from) ? Status::ok : Status::unsupported;
    time += nanoseconds_since(from, counter);
    return Status::ok;
}

struct TimeValue {
    std::int64_t seconds;
    std::int64_t microseconds;
};
struct TimeZone {
    std::int32_t west_minutes;
    std::int32_t dst;
};

// Requires, for all: CW_READ(cw::clock::scale) in this module; they are templates so that others
// need not. Errors: those of variables::read(); unsupported: the counter is one that this code
// cannot read, or this host has no clock on the wall.

/// Nanoseconds since boot.
template <class V = CwVariable_scale>
[[nodiscard, gnu::always_inline]] inline Result<std::uint64_t> monotonic_ns() noexcept {
    Scale known;
    if (const Status status = Variable<V>{}.read(known); status != Status::ok) [[unlikely]]
        return refuse(status);
    std::uint64_t time = known.boot_ns;
    if (const Status status = add_passed(known, arch::counter(), time); status != Status::ok)
        [[unlikely]]
        return refuse(status);
    return time;
}
/// Nanoseconds since 1970, UTC.
template <class V = CwVariable_scale>
[[nodiscard, gnu::always_inline]] inline Result<std::uint64_t> wall_clock_ns() noexcept {
    Scale known;
    if (const Status status = Variable<V>{}.read(known); status != Status::ok) [[unlikely]]
        return refuse(status);
    if (known.wall_ns == 0) [[unlikely]]
        return refuse(Status::unsupported);
    std::uint64_t time = known.wall_ns;
    if (const Status status = add_passed(known, arch::counter(), time); status != Status::ok)
        [[unlikely]]
        return refuse(status);
    return time;
}
/// As time(): seconds since 1970, UTC, of the last tick. Requires: CW_READ(cw::clock::coarse) in
/// this module. Errors: as for the others.
template <class V = CwVariable_coarse>
[[nodiscard]] inline Result<std::uint64_t> coarse_seconds() noexcept {
    Coarse known;
    if (const Status status = Variable<V>{}.read(known); status != Status::ok) [[unlikely]]
        return refuse(status);
    if (known.wall_ns == 0) [[unlikely]]
        return refuse(Status::unsupported);
    return known.wall_ns / 1'000'000'000;
}
/// As gettimeofday(): either pointer may be null; with both, the two are of one moment. `from`: a
/// Link or an Entry.
template <class Where>
[[nodiscard, gnu::always_inline]] inline Status
time_of_day(const Where& from, TimeValue* time, TimeZone* zone) noexcept {
    Scale known;
    if (const Status status = variables::read(from, known); status != Status::ok) [[unlikely]]
        return status;
    if (zone != nullptr)
        *zone = {known.west_minutes, known.dst};
    if (time == nullptr)
        return Status::ok;
    if (known.wall_ns == 0) [[unlikely]]
        return Status::unsupported;
    std::uint64_t ns = known.wall_ns;
    if (const Status status = add_passed(known, arch::counter(), ns); status != Status::ok)
        [[unlikely]]
        return status;
    // Two divisions side by side, where the remainder of one would have to be waited for.
    const std::uint64_t seconds = ns / 1'000'000'000;
    *time = {static_cast<std::int64_t>(seconds),
             static_cast<std::int64_t>(ns / 1'000 - seconds * 1'000'000)};
    return Status::ok;
}
template <class V = CwVariable_scale>
[[nodiscard]] inline Status time_of_day(TimeValue* time, TimeZone* zone) noexcept {
    return time_of_day(Variable<V>{}.link(), time, zone);
}

} // namespace cw::clock
