// The clock: the shared variable by which it is read, and the services for who cannot, or sets it.
#include "clock.hpp"
#include "caller.hpp"
#include <cw/core/declare.hpp>
#include <cw/core/service/system.hpp>
#include <cw/core/variables/clock.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/variables.hpp>

namespace cw::kernel {

namespace {

clock::Time clock_now(Nothing) noexcept {
    return {platform::now() * (1'000'000'000 / ticks_per_second())};
}
CW_PROVIDE(clock::now, clock_now);

/// Guarded by kernel_lock.
Published<clock::CwVariable_scale> the_clock;

/// What the scale says now; 0: nobody knows.
std::uint64_t wall_now(const ClockScale& now) noexcept {
    const clock::Scale& known = the_clock.value();
    return known.wall_ns == 0 ? 0 : known.wall_ns + clock::nanoseconds_since(known, now.counter);
}

void publish_clock(std::uint64_t wall_ns, std::int32_t west_minutes, std::int32_t dst) noexcept {
    const ClockScale now = clock_scale();
    the_clock.publish({now.counter,
                       now.multiplier,
                       now.boot_ns,
                       wall_ns != 0 ? wall_ns : wall_now(now),
                       west_minutes,
                       dst});
}

} // namespace

void clock_initialise() noexcept {
    CW_ASSERT(the_clock.create() == Status::ok);
    publish_clock(wall_clock_ns(), 0, 0);
}

TimeNow time_now() noexcept {
    const ClockScale now = clock_scale();
    return {now.boot_ns, wall_now(now)};
}

namespace {

Result<clock::Moment> clock_wall(Nothing) noexcept {
    const Locked hold{kernel_lock};
    const std::uint64_t nanoseconds = wall_now(clock_scale());
    if (nanoseconds == 0)
        return refuse(Status::unsupported);
    return clock::Moment{nanoseconds};
}
CW_PROVIDE(clock::wall, clock_wall);

Result<Nothing> clock_set(clock::Setting setting) noexcept {
    const Locked hold{kernel_lock};
    if ((caller().grants() & kGrantPower) == 0) {
        kernel::log::line("clock.set: not permitted: the calling domain has no grant \"power\"");
        return refuse(Status::not_permitted);
    }
    publish_clock(setting.nanoseconds, setting.west_minutes, setting.dst);
    return Nothing{};
}
CW_PROVIDE(clock::set, clock_set, abi::kMethodQueuedOnly);

} // namespace
} // namespace cw::kernel
