// The time, whatever is switched off: read where it can be read, else asked for.
#pragma once
#include <cw/core/service/system.hpp>
#include <cw/core/task.hpp>
#include <cw/core/variables/clock.hpp>

namespace cw::clock {

/// Nanoseconds since boot, as monotonic_ns(); by a call of clock.now while the variable cannot be
/// read. Requires: CW_READ(cw::clock::scale), CW_REQUIRE(cw::clock::now). Errors: those of
/// clock.now.
template <class V = CwVariable_scale, class M = now_method>
[[nodiscard]] Task<Time> since_boot() noexcept {
    if (const auto read = monotonic_ns<V>())
        co_return Time{*read};
    co_return co_await Method<M>{}();
}

} // namespace cw::clock
