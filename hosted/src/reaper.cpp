// Sees the processes of domains end, and who makes no progress.
#include "../shared/futex.hpp"
#include "host.hpp"
#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <cw/core/text.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/panic.hpp>
#include <sys/epoll.h>
#include <unistd.h>
#include <vector>

namespace cw::hosted {

namespace {

constexpr int kTickMilliseconds = 100;
constexpr std::uint64_t kWatchdogNs = 2'000'000'000;
constexpr const char* kNoProgress =
    "no progress for 2000 ms (it loops, or a handler runs too long)";

int waiting_for = -1; ///< The epoll instance.
Thread reaper_thread{};
std::mutex watched_lock;
std::vector<Thread*> watched; ///< Threads of user domains, from start to end.
std::vector<Thread*> ended;   ///< Their process is gone; they are told until they are gone too.

/// What the processor said, in the words that every host uses.
const char* cause_of(std::uint32_t signal, std::uint32_t trap, std::uint64_t error) noexcept {
    constexpr std::uint32_t kPageFault = 14, kProtection = 13;
    constexpr std::uint64_t kWrite = 2, kFetch = 16;
    if (trap == kPageFault)
        return (error & kFetch) != 0   ? "jump to an unmapped address"
               : (error & kWrite) != 0 ? "write to an unmapped or read-only address"
                                       : "read of an unmapped address";
    switch (static_cast<int>(signal)) {
    case SIGILL:
        return "illegal instruction";
    case SIGTRAP:
        return "breakpoint";
    case SIGFPE:
        return "arithmetic fault";
    case SIGBUS:
        return "bus error";
    default:
        return trap == kProtection ? "access to an impossible address" : "unknown exception";
    }
}

/// Says why a domain's process ended that nobody had ended. Locks: kernel_lock held.
const char* report_end(Domain& domain, const Ending& ending) noexcept {
    // Untrusted: what it says of itself.
    CallPage last;
    std::memcpy(static_cast<void*>(&last), domain.executor->thread->calls, sizeof(last));
    const char* cause = "its process ended";
    if (!ending.signalled && ending.status == kFaultStatus && last.fault_signal != 0) {
        cause = cause_of(last.fault_signal, last.fault_trap, last.fault_error);
        const ModuleInstance* guilty = module_at(last.fault_pc);
        if (guilty == nullptr || guilty->domain != &domain) {
            for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
                if (m->domain == &domain) {
                    guilty = m;
                    break;
                }
            }
        }
        log::line("{}: ended: {} at {}, address {}",
                  guilty == nullptr ? std::string_view{domain.name} : guilty->image->name(),
                  cause,
                  Hex{last.fault_pc},
                  Hex{last.fault_address});
        describe_address(last.fault_pc);
        return cause;
    }
    if (ending.signalled && ending.status == SIGSYS)
        cause = "it made a system call that domains do not have";
    else if (!ending.signalled && ending.status == kWindowTakenStatus)
        cause = "the address window of segments is taken in its process";
    else if (!ending.signalled && ending.status == kNoConfinementStatus)
        cause = "its process could not be confined";
    log::line("{}: ended: {} ({} {})",
              domain.name,
              cause,
              ending.signalled ? "signal" : "status",
              ending.status);
    return cause;
}

void end_process(Thread& thread) noexcept {
    {
        const Locked hold{watched_lock};
        std::erase(watched, &thread);
    }
    const Ending ending = reap_process(thread.process);
    {
        const Locked hold{kernel_lock};
        Domain& domain = *thread.domain;
        if (!domain.ended) {
            const char* cause = thread.executor->condemned;
            if (cause == nullptr)
                cause = report_end(domain, ending);
            else
                log::line("{}: ended: {}", domain.name, cause);
            end_domain(domain, cause);
        }
    }
    const Locked hold{watched_lock};
    ended.push_back(&thread);
}

/// Its calls come to an end. Told again and again: the word that it sleeps on was the domain's to
/// write, so it may miss it once.
void tell_ended() noexcept {
    const Locked hold{watched_lock};
    for (Thread* thread : ended) {
        thread->calls->state.store(static_cast<std::uint32_t>(CallState::ended), Order::release);
        futex_wake(thread->calls->state);
    }
}

std::uint64_t cpu_time(pid_t process) noexcept {
    clockid_t clock = 0;
    timespec time{};
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0)
        return 0;
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

/// Ends a domain that has used so much processor time without a sign of progress.
void watch(Thread& thread) noexcept {
    // Untrusted, and only compared: a domain that changes it by itself gets processor time, nothing
    // else.
    const ExecutorStatistics& statistics = thread.executor->view->statistics;
    const std::uint64_t progress = statistics.received + statistics.completed;
    const std::uint64_t time = cpu_time(thread.pid);
    if (progress != thread.progress_seen || time == 0) {
        thread.progress_seen = progress;
        thread.time_seen = time;
        return;
    }
    if (time - thread.time_seen < kWatchdogNs)
        return;
    const Locked hold{kernel_lock};
    executor_condemn(*thread.executor, kNoProgress);
}

void watch_all() noexcept {
    std::vector<Thread*> all;
    {
        const Locked hold{watched_lock};
        all = watched;
    }
    for (Thread* thread : all) // only this thread takes any away
        watch(*thread);
}

void* run_reaper(void*) {
    adopt_thread(reaper_thread, "reaper");
    timespec last{};
    for (;;) {
        epoll_event events[16];
        const int count = epoll_wait(waiting_for, events, 16, kTickMilliseconds);
        for (int i = 0; i < count; ++i)
            end_process(*static_cast<Thread*>(events[i].data.ptr));
        tell_ended();
        timespec time{};
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
        if (time.tv_sec == last.tv_sec &&
            time.tv_nsec - last.tv_nsec < kTickMilliseconds * 1'000'000)
            continue;
        last = time;
        watch_all();
    }
}

} // namespace

void start_reaper() noexcept {
    waiting_for = epoll_create1(EPOLL_CLOEXEC);
    pthread_t thread{};
    CW_ASSERT(waiting_for >= 0 && pthread_create(&thread, nullptr, &run_reaper, nullptr) == 0);
}

void watch_process(Thread& thread) noexcept {
    {
        const Locked hold{watched_lock};
        watched.push_back(&thread);
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.ptr = &thread;
    CW_ASSERT(epoll_ctl(waiting_for, EPOLL_CTL_ADD, thread.process, &event) == 0);
}

void forget_ended(Thread& thread) noexcept {
    const Locked hold{watched_lock};
    std::erase(ended, &thread);
}

} // namespace cw::hosted
