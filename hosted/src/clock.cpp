// Two clocks, both computed from the processor's counter without a call. Executors measure how long
// something takes, with one pace for good. What modules see, time/scale, follows Linux's clocks.
#include "../domain/confine.hpp"
#include "host.hpp"
#include "steered_clock.hpp"
#include <algorithm>
#include <ctime>
#include <cw/core/executor.hpp>
#include <sys/random.h>

namespace cw::platform {
std::uint32_t longest_lingering() noexcept;
}

namespace cw::hosted {

namespace {

std::uint64_t nanoseconds_of(clockid_t clock) noexcept {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

/// The shortest of a few, for we may be interrupted in the midst of one.
ClockReading read_clocks() noexcept {
    ClockReading best{};
    best.within_ns = ~std::uint64_t{0};
    for (int tries = 0; tries < 4; ++tries) {
        const std::uint64_t counter = __builtin_ia32_rdtsc();
        const std::uint64_t before = nanoseconds_of(CLOCK_BOOTTIME);
        const std::uint64_t wall = nanoseconds_of(CLOCK_REALTIME);
        const std::uint64_t after = nanoseconds_of(CLOCK_BOOTTIME);
        const std::uint64_t counter_after = __builtin_ia32_rdtsc();
        if (after - before < best.within_ns)
            best = {counter + (counter_after - counter) / 2,
                    before + (after - before) / 2,
                    wall,
                    after - before};
    }
    return best;
}

/// Looking lasts as long as two wake-ups at most: whoever is waited for may have to be woken first,
/// and with less the two would sleep by turns for ever. Within bounds, so that no processor is kept
/// busy for nothing.
constexpr std::uint64_t kShortestNs = 4'000, kLongestNs = 100'000;

HostWords the_clock{};

constinit SteeredClock steered; ///< Guarded by kernel_lock.

} // namespace

void start_clock() noexcept {
    const ClockReading first = read_clocks();
    const std::uint64_t wake_ticks = measure_wake_ticks(); // it rests for 20 ms
    const ClockReading second = read_clocks();
    steered = {first, second};
    the_clock.base_ticks = second.counter;
    the_clock.base_ns = steered.at(second.counter);
    the_clock.multiplier = steered.multiplier();
    const auto wake_ns = static_cast<std::uint64_t>(
        static_cast<unsigned __int128>(wake_ticks) * the_clock.multiplier >> 32);
    the_clock.longest_lingering =
        kernel::hart_count() > 1 ? std::clamp(2 * wake_ns, kShortestNs, kLongestNs) : 0;
}

void fill_clock(HostWords& words) noexcept {
    words.base_ticks = the_clock.base_ticks;
    words.base_ns = the_clock.base_ns;
    words.multiplier = the_clock.multiplier;
    words.longest_lingering = the_clock.longest_lingering;
}

} // namespace cw::hosted

namespace cw::platform {
std::uint32_t longest_lingering() noexcept {
    return static_cast<std::uint32_t>(hosted::the_clock.longest_lingering);
}
std::uint64_t now() noexcept {
    return hosted::now(hosted::the_clock);
}
} // namespace cw::platform

namespace cw::kernel {
std::uint64_t ticks_per_second() noexcept {
    return 1'000'000'000;
}
ClockScale clock_scale() noexcept {
    if (hosted::steered.is_due(__builtin_ia32_rdtsc()))
        hosted::steered.follow(hosted::read_clocks());
    const std::uint64_t counter = __builtin_ia32_rdtsc();
    const std::uint64_t boot_ns = hosted::steered.at(counter);
    return {counter, boot_ns, hosted::steered.wall(boot_ns), hosted::steered.multiplier()};
}
bool clock_is_steered() noexcept {
    return true;
}
std::uint64_t random_seed() noexcept {
    std::uint64_t seed = 0;
    return getrandom(&seed, sizeof(seed), 0) == sizeof(seed) ? seed : 0;
}
} // namespace cw::kernel
