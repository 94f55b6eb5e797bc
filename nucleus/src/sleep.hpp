// How coroutines of the nucleus let time pass. Private to the nucleus.
#pragma once
#include <cstdint>
#include <cw/core/executor.hpp>
#include <cw/core/future.hpp>
#include <cw/nucleus/host.hpp>

namespace cw::kernel {

struct SleepMethod {
    using Arguments = Nothing;
    using Reply = Nothing;
};

/// Completes with timed_out when the time has passed; with no_memory at once if there is none to
/// sleep with. Context: the worker.
inline Future<SleepMethod> sleep_ms(std::uint64_t milliseconds) noexcept {
    return Future<SleepMethod>{[=](std::uint64_t*) {
        return cw_module.ops->sleep(&cw_module,
                                    platform::now() + milliseconds * ticks_per_second() / 1000);
    }};
}

} // namespace cw::kernel
