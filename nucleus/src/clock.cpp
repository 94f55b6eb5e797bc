// The clock: the shared variable by which it is read, and the services for who cannot, or sets it.
#include "clock.hpp"
#include "caller.hpp"
#include <cw/core/arch/counter.hpp>
#include <cw/core/declare.hpp>
#include <cw/core/service/system.hpp>
#include <cw/core/variables/clock.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/variables.hpp>
#include <limits>
#include <string_view>

namespace cw::kernel {

namespace {

clock::Time clock_now(Nothing) noexcept {
    return {platform::now() * (1'000'000'000 / ticks_per_second())};
}
CW_PROVIDE(clock::now, clock_now);

/// Guarded by kernel_lock, like the next one.
Published<clock::CwVariable_scale> the_clock;
/// As it is, whatever is published.
clock::Scale known;

/// As readers are to see it. With "clock=unknown" among the boot arguments its counter is one that
/// nobody can read.
clock::Scale published(clock::Scale scale) noexcept {
    static const bool unknown = boot_arguments().find("clock=unknown") != std::string_view::npos;
    if (unknown) {
        scale.counter = clock::kNoCounter;
        scale.algorithm = std::numeric_limits<std::uint16_t>::max();
    }
    return scale;
}

/// What the scale says now; 0: nobody knows.
std::uint64_t wall_now(const ClockScale& now) noexcept {
    return known.wall_ns == 0 ? 0 : known.wall_ns + clock::nanoseconds_since(known, now.counter);
}

void publish_clock(std::uint64_t wall_ns, std::int32_t west_minutes, std::int16_t dst) noexcept {
    const ClockScale now = clock_scale();
    known = {now.counter,
             now.multiplier,
             now.boot_ns,
             wall_ns != 0 ? wall_ns : wall_now(now),
             west_minutes,
             dst,
             cw::arch::kCounterAlgorithm};
    the_clock.publish(published(known));
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
    using Dst = std::numeric_limits<std::int16_t>;
    if (setting.dst < Dst::min() || setting.dst > Dst::max())
        return refuse(Status::out_of_range);
    publish_clock(
        setting.nanoseconds, setting.west_minutes, static_cast<std::int16_t>(setting.dst));
    return Nothing{};
}
CW_PROVIDE(clock::set, clock_set, abi::kMethodQueuedOnly);

} // namespace
} // namespace cw::kernel
