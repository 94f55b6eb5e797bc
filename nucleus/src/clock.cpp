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

/// Somebody has set the wall's time: it goes on from there, whatever becomes of the host's.
bool set_here;

/// What the scale says at that moment; 0: nobody knows.
std::uint64_t wall_at(std::uint64_t counter) noexcept {
    return known.wall_ns == 0 ? 0 : known.wall_ns + clock::nanoseconds_since(known, counter);
}

void publish_clock(const ClockScale& now,
                   std::uint64_t wall_ns,
                   std::int32_t west_minutes,
                   std::int16_t dst) noexcept {
    known = {now.counter,
             now.multiplier,
             now.boot_ns,
             wall_ns,
             west_minutes,
             dst,
             cw::arch::kCounterAlgorithm};
    the_clock.publish(published(known));
}

} // namespace

void clock_initialise() noexcept {
    CW_ASSERT(the_clock.create() == Status::ok);
    const ClockScale now = clock_scale();
    publish_clock(now, now.wall_ns, 0, 0);
}

void clock_follow() noexcept {
    if (!clock_is_steered())
        return;
    const ClockScale now = clock_scale();
    const std::uint64_t wall_ns =
        set_here ? now.boot_ns + (known.wall_ns - known.boot_ns) : now.wall_ns;
    if (now.multiplier != known.multiplier ||
        wall_ns - now.boot_ns != known.wall_ns - known.boot_ns)
        publish_clock(now, wall_ns, known.west_minutes, known.dst);
}

TimeNow time_now() noexcept {
    clock_follow();
    const std::uint64_t counter = cw::arch::counter();
    return {known.boot_ns + clock::nanoseconds_since(known, counter), wall_at(counter)};
}

namespace {

clock::Time clock_now(Nothing) noexcept {
    const Locked hold{kernel_lock};
    return {time_now().boot_ns};
}
CW_PROVIDE(clock::now, clock_now);

Result<clock::Moment> clock_wall(Nothing) noexcept {
    const Locked hold{kernel_lock};
    const std::uint64_t nanoseconds = time_now().wall_ns;
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
    clock_follow();
    const ClockScale now = clock_scale();
    set_here = set_here || setting.nanoseconds != 0;
    publish_clock(now,
                  setting.nanoseconds != 0 ? setting.nanoseconds : wall_at(now.counter),
                  setting.west_minutes,
                  static_cast<std::int16_t>(setting.dst));
    return Nothing{};
}
CW_PROVIDE(clock::set, clock_set, abi::kMethodQueuedOnly);

} // namespace
} // namespace cw::kernel
