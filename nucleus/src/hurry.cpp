// Nobody waits for ever: a user domain that does not answer, when others wait for what only it can
// do, ends.
#include "modules.hpp"
#include "periodic.hpp"
#include <cw/core/executor.hpp>

namespace cw::kernel {

namespace {

constexpr std::uint64_t kSleepMilliseconds = 2000; ///< With one that sleeps: as long as a handler
                                                   ///< may run.
constexpr std::uint64_t kPatienceMilliseconds = 10'000; ///< With one that runs: the watchdog, which
                                                        ///< counts its own time, comes first.
constexpr std::uint64_t kPauseMilliseconds = kSleepMilliseconds / 4; ///< Between two looks.
constexpr const char* kSilent = "it does not answer the kernel";

/// Ends a domain that has been waited for so long.
void hurry(ExecutorRecord& record, std::uint64_t waited) noexcept {
    const bool sleeps = thread_sleeps(*record.thread);
    if (waited >= (sleeps ? kSleepMilliseconds : kPatienceMilliseconds))
        executor_condemn(record, kSilent);
}

/// Those whose answer the removal of this module waits for.
void hurry_laggards(const ModuleInstance& removed, std::uint64_t waited) noexcept {
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        for (const Link& link : m->links) {
            if (link.provider == &removed)
                hurry(*m->executor, waited);
        }
    }
    for (const Channel* channel = registry().channels; channel != nullptr;
         channel = channel->next) {
        if (channel->provider == &removed && channel->closed && !channel->client_done &&
            channel->client != nullptr)
            hurry(*channel->client->executor, waited);
    }
    if (removed.let_go)
        hurry(*removed.executor, waited);
}

/// Looks after all that is waited for, until nothing is.
std::uint64_t look_after() noexcept {
    bool any = false;
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->waiter == nullptr)
            continue;
        any = true;
        const std::uint64_t waited =
            (platform::now() - m->waiting_since) / (ticks_per_second() / 1000);
        if (m->removing)
            hurry_laggards(*m, waited);
        else
            hurry(*m->executor, waited);
    }
    return any ? kPauseMilliseconds : 0;
}

Periodic looks{look_after};

} // namespace

void wait_for(ModuleInstance& instance, StageWaiter& waiter) noexcept {
    instance.waiter = &waiter;
    instance.waiting_since = platform::now();
    static_cast<void>(looks.start(kPauseMilliseconds)); // without memory, the next one tries again
}

} // namespace cw::kernel
