// One clock for all processes: nanoseconds of CLOCK_MONOTONIC, computed from the processor's
// counter without a call.
#include "../domain/confine.hpp"
#include "host.hpp"
#include <algorithm>
#include <ctime>
#include <cw/core/executor.hpp>
#include <sys/random.h>

namespace cw::platform {
std::uint32_t longest_lingering() noexcept;
}

namespace cw::hosted {

namespace {

struct Reading {
    std::uint64_t ticks, ns;
};

Reading read_both() noexcept {
    timespec time{};
    const std::uint64_t before = __builtin_ia32_rdtsc();
    clock_gettime(CLOCK_MONOTONIC, &time);
    const std::uint64_t after = __builtin_ia32_rdtsc();
    return {before + (after - before) / 2,
            static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                static_cast<std::uint64_t>(time.tv_nsec)};
}

/// Looking lasts as long as two wake-ups at most: whoever is waited for may have to be woken first,
/// and with less the two would sleep by turns for ever. Within bounds, so that no processor is kept
/// busy for nothing.
constexpr std::uint64_t kShortestNs = 4'000, kLongestNs = 100'000;

HostWords the_clock{};

} // namespace

void start_clock() noexcept {
    const Reading first = read_both();
    const std::uint64_t wake_ticks = measure_wake_ticks(); // it rests for 20 ms
    const Reading second = read_both();
    the_clock.base_ticks = second.ticks;
    the_clock.base_ns = second.ns - first.ns; // since the system began
    the_clock.multiplier =
        static_cast<std::uint64_t>((static_cast<unsigned __int128>(second.ns - first.ns) << 32) /
                                   (second.ticks - first.ticks));
    const std::uint64_t wake_ns =
        wake_ticks * (second.ns - first.ns) / (second.ticks - first.ticks);
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
    const std::uint64_t counter = __builtin_ia32_rdtsc();
    const std::uint64_t since = counter - hosted::the_clock.base_ticks;
    return {counter,
            hosted::the_clock.base_ns +
                static_cast<std::uint64_t>(
                    static_cast<unsigned __int128>(since) * hosted::the_clock.multiplier >> 32),
            hosted::the_clock.multiplier};
}
std::uint64_t wall_clock_ns() noexcept {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}
std::uint64_t random_seed() noexcept {
    std::uint64_t seed = 0;
    return getrandom(&seed, sizeof(seed), 0) == sizeof(seed) ? seed : 0;
}
} // namespace cw::kernel
