// One clock for all processes: nanoseconds of CLOCK_MONOTONIC, computed from the processor's
// counter without a call.
#include "../domain/confine.hpp"
#include "host.hpp"
#include <ctime>
#include <cw/core/executor.hpp>

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

HostWords the_clock{};

} // namespace

void start_clock() noexcept {
    const Reading first = read_both();
    const timespec pause{0, 20'000'000};
    nanosleep(&pause, nullptr);
    const Reading second = read_both();
    the_clock.base_ticks = second.ticks;
    the_clock.base_ns = second.ns - first.ns; // since the system began
    the_clock.multiplier =
        static_cast<std::uint64_t>((static_cast<unsigned __int128>(second.ns - first.ns) << 32) /
                                   (second.ticks - first.ticks));
}

void fill_clock(HostWords& words) noexcept {
    words.base_ticks = the_clock.base_ticks;
    words.base_ns = the_clock.base_ns;
    words.multiplier = the_clock.multiplier;
    words.longest_lingering = platform::longest_lingering();
}

} // namespace cw::hosted

namespace cw::platform {
std::uint32_t longest_lingering() noexcept {
    // What waking a sleeper takes, roughly, on a machine of today or in a virtual one.
    constexpr std::uint32_t kWakeNs = 20'000;
    static const std::uint32_t longest = kernel::hart_count() > 1 ? kWakeNs : 0;
    return longest;
}
std::uint64_t now() noexcept {
    return hosted::now(hosted::the_clock);
}
} // namespace cw::platform

namespace cw::kernel {
std::uint64_t ticks_per_second() noexcept {
    return 1'000'000'000;
}
std::uint64_t wall_clock_ns() noexcept {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}
} // namespace cw::kernel
