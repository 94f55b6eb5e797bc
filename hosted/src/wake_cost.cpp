// How long it takes on this machine from waking a sleeper to its first instruction: microseconds on
// bare metal, tens of them in a virtual machine, whose idle processor its host has to run again.
#include "host.hpp"
#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace cw::hosted {

namespace {

constexpr std::size_t kWakes = 16;
constexpr timespec kRest{0, 1'250'000}; ///< Long enough for the other processor to go idle.

struct Trial {
    int bell;
    unsigned waker; ///< The processor that whoever wakes is on.
    std::atomic<std::uint64_t> rung_at{0};
    std::array<std::uint64_t, kWakes> took{};
};

/// This thread leaves the processor that it shares with whoever will wake it.
void go_elsewhere(unsigned processor) noexcept {
    cpu_set_t others;
    if (sched_getaffinity(0, sizeof(others), &others) != 0)
        return;
    CPU_CLR(processor, &others);
    if (CPU_COUNT(&others) != 0)
        sched_setaffinity(0, sizeof(others), &others);
}

void* sleep_and_wake(void* given) {
    Trial& trial = *static_cast<Trial*>(given);
    go_elsewhere(trial.waker);
    for (std::uint64_t& ticks : trial.took) {
        std::uint64_t rings = 0;
        if (read(trial.bell, &rings, sizeof(rings)) != sizeof(rings))
            break;
        // Relaxed: the eventfd orders it behind the store.
        ticks = __builtin_ia32_rdtsc() - trial.rung_at.load(std::memory_order_relaxed);
    }
    return nullptr;
}

} // namespace

std::uint64_t measure_wake_ticks() noexcept {
    // A semaphore: as many reads as writes, whoever comes late.
    Trial trial{.bell = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE),
                .waker = static_cast<unsigned>(sched_getcpu())};
    pthread_t sleeper;
    const bool sleeps =
        trial.bell >= 0 && pthread_create(&sleeper, nullptr, &sleep_and_wake, &trial) == 0;
    for (std::size_t i = 0; i < kWakes; ++i) {
        nanosleep(&kRest, nullptr);
        const std::uint64_t one = 1;
        trial.rung_at.store(__builtin_ia32_rdtsc(), std::memory_order_relaxed);
        if (sleeps)
            static_cast<void>(!write(trial.bell, &one, sizeof(one)));
    }
    if (sleeps)
        pthread_join(sleeper, nullptr);
    if (trial.bell >= 0)
        close(trial.bell);
    // What disturbs can only make it longer: the lower quartile.
    std::ranges::nth_element(trial.took, trial.took.begin() + kWakes / 4);
    return trial.took[kWakes / 4];
}

} // namespace cw::hosted
