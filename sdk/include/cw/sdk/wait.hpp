// What a module waits for that is not a call: time, interrupts.
#pragma once
#include <cstdint>
#include <cw/core/future.hpp>
#include <cw/core/task.hpp>

namespace cw {

namespace detail {
/// Shape of a future for waits that no module provides.
struct WaitMethod {
    struct Count {
        std::uint64_t count;
    };
    using Arguments = Nothing;
    using Reply = Count;
};
} // namespace detail

using Wait = Future<detail::WaitMethod>;

/// Ticks from now.
[[nodiscard]] inline std::uint64_t ticks_after_ns(std::uint64_t nanoseconds) noexcept {
    const RuntimeOps& ops = *cw_module.ops;
    return ops.now() + (nanoseconds / 1000) * ops.ticks_per_second / 1'000'000;
}

/// Completes with timed_out when the time has come.
[[nodiscard]] inline Wait sleep_ns(std::uint64_t nanoseconds) noexcept {
    return Wait{[=](std::uint64_t*) {
        return cw_module.ops->sleep(&cw_module, ticks_after_ns(nanoseconds));
    }};
}

/// Completes when the interrupt DeviceGrant::interrupt has come since it was last waited for. The
/// source stays masked until interrupts::acknowledge().
[[nodiscard]] inline Wait next_interrupt(std::uint64_t index) noexcept {
    return Wait{[=](std::uint64_t*) { return cw_module.ops->wait_interrupt(&cw_module, index); }};
}

} // namespace cw
