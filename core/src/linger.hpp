// How long an executor looks at its rings before it sleeps, on a host where waking somebody costs
// far more than looking (CW_LINGERS). Twice as long as was too short, half of what was in vain, and
// for a while not at all if it never helps: then whoever is waited for needs this very processor.
// Who has just published something, a request most often, waits for something else than who has
// not, and for another time; so that is learned apart. A caller that sleeps between its calls would
// learn from its rests that looking is in vain, and sleep while its answers are on their way.
// After the adaptive polling of idle processors in KVM (Linux, virt/kvm/kvm_main.c, halt_poll_ns).
#pragma once
#ifdef CW_LINGERS
#include <algorithm>
#include <cw/core/executor.hpp>

namespace cw::platform {
/// Nanoseconds that looking may last at most: about what a sleep and a wake-up cost; 0 where all
/// executors share a processor.
[[nodiscard]] std::uint32_t longest_lingering() noexcept;
} // namespace cw::platform

namespace cw::runtime {

inline constexpr std::uint32_t kLooksAround = 32; ///< One look in so many is at everything.
inline constexpr std::uint32_t kShortest = 500;   ///< Nanoseconds.
inline constexpr std::uint16_t kInVain = 16;
inline constexpr std::uint16_t kPause = 64;

inline void pause_between_looks() noexcept {
    __builtin_ia32_pause();
}

/// Also says which habit is the present one, until the sleep that follows is over.
[[nodiscard]] inline bool may_linger(Executor& executor) noexcept {
    executor.lingering.published = executor.dirty != &executor.dirty_end;
    Lingering::Habit& habit = executor.lingering.now();
    if (habit.pause != 0) {
        --habit.pause;
        return false;
    }
    return habit.nanoseconds != 0;
}

[[nodiscard]] inline std::uint64_t end_of_lingering(Executor& executor,
                                                    std::uint64_t deadline) noexcept {
    return std::min(deadline, platform::now() + executor.lingering.now().nanoseconds);
}

inline void lingered_well(Executor& executor) noexcept {
    executor.lingering.now().in_vain = 0;
}

inline void lingered_in_vain(Executor& executor) noexcept {
    Lingering::Habit& habit = executor.lingering.now();
    if (++habit.in_vain < kInVain)
        return;
    habit.in_vain = 0;
    habit.pause = kPause;
}

/// After a sleep: had it been better to look on?
inline void woke_up(Executor& executor, std::uint64_t slept_ns) noexcept {
    Lingering::Habit& habit = executor.lingering.now();
    const std::uint32_t longest = platform::longest_lingering();
    if (slept_ns < longest)
        habit.nanoseconds = std::min(longest, std::max(kShortest, 2 * habit.nanoseconds));
    else
        habit.nanoseconds = std::min(longest, std::max(kShortest, habit.nanoseconds / 2));
}

} // namespace cw::runtime
#endif
