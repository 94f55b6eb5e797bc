// The time, whatever is switched off: read where it can be read, else asked for.
#pragma once
#include <cw/core/service/system.hpp>
#include <cw/core/task.hpp>
#include <cw/core/variables/clock.hpp>

namespace cw::clock {

/// Nanoseconds since boot, as monotonic_ns(); by a call of clock.now while the variable cannot be
/// read, or is of a counter that this module does not know. Requires: CW_READ(cw::clock::scale),
/// CW_REQUIRE(cw::clock::now). Errors: those of clock.now.
template <class V = CwVariable_scale, class M = now_method>
[[nodiscard]] Task<Time> since_boot() noexcept {
    if (const auto read = monotonic_ns<V>())
        co_return Time{*read};
    co_return co_await Method<M>{}();
}
/// Nanoseconds since 1970, UTC, as wall_clock_ns(); else by a call of clock.wall. Requires:
/// CW_READ(cw::clock::scale), CW_REQUIRE(cw::clock::wall). Errors: those of clock.wall.
template <class V = CwVariable_scale, class M = wall_method>
[[nodiscard]] Task<Moment> since_1970() noexcept {
    if (const auto read = wall_clock_ns<V>())
        co_return Moment{*read};
    co_return co_await Method<M>{}();
}

} // namespace cw::clock
