// Nobody waits for ever: a user domain that does not answer, when others wait for what only it can
// do, ends.
#include "modules.hpp"
#include <cw/core/future.hpp>
#include <cw/kernel/arch/timer.hpp>
#include <cw/kernel/boot.hpp>

namespace cw::kernel {

namespace {

constexpr std::uint64_t kPatienceMilliseconds = 2000; ///< As long as a handler may run.
constexpr const char* kSilent = "it did not answer the kernel for 2000 ms";

struct SleepMethod {
    using Arguments = Nothing;
    using Reply = Nothing;
};

Future<SleepMethod> sleep_ms(std::uint64_t milliseconds) noexcept {
    return Future<SleepMethod>{[=](std::uint64_t*) {
        return cw_module.ops->sleep(&cw_module,
                                    arch::ticks() + milliseconds * ticks_per_second() / 1000);
    }};
}

/// Those whose answer the removal of this module waits for.
void condemn_laggards(const ModuleInstance& removed) noexcept {
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        for (const Link& link : m->links) {
            if (link.provider == &removed)
                executor_condemn(*m->executor, kSilent);
        }
    }
    for (const Channel* channel = registry().channels; channel != nullptr;
         channel = channel->next) {
        if (!channel->closed)
            continue;
        if (channel->provider == &removed && !channel->client_done && channel->client != nullptr)
            executor_condemn(*channel->client->executor, kSilent);
        if (channel->client == &removed && !channel->provider_done && channel->provider != nullptr)
            executor_condemn(*channel->provider->executor, kSilent);
    }
    executor_condemn(*removed.executor, kSilent);
}

bool watching; ///< The coroutine below runs. Guarded by kernel_lock.

/// Looks after all that is waited for, until nothing is.
Task<Nothing> look_after() noexcept {
    for (;;) {
        const auto slept = co_await sleep_ms(kPatienceMilliseconds / 4);
        const Locked hold{kernel_lock};
        const std::uint64_t patience = kPatienceMilliseconds * ticks_per_second() / 1000;
        bool any = false;
        for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
            if (m->waiter == nullptr)
                continue;
            any = true;
            if (arch::ticks() - m->waiting_since < patience)
                continue;
            if (m->removing)
                condemn_laggards(*m);
            else
                executor_condemn(*m->executor, kSilent);
        }
        if (!any || slept || slept.error() != Status::timed_out) { // no memory to sleep with
            watching = false;
            co_return Nothing{};
        }
    }
}

} // namespace

void wait_for(ModuleInstance& instance, StageWaiter& waiter) noexcept {
    instance.waiter = &waiter;
    instance.waiting_since = arch::ticks();
    if (watching)
        return;
    watching = true;
    if (spawn(look_after()) != Status::ok)
        watching = false; // the next one tries again
}

} // namespace cw::kernel
