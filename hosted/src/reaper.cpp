// Sees the processes of domains end, and who makes no progress.
#include "../shared/futex.hpp"
#include "host.hpp"
#include <atomic>
#include <csignal>
#include <cstring>
#include <ctime>
#include <cw/core/executor.hpp>
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
int waiting_for = -1; ///< The epoll instance.
Thread reaper_thread{};
pthread_t reaper;
std::atomic<bool> stopping{false};
Lock ended_lock;
std::vector<Thread*> ended; ///< Their process is gone; they are told until they are gone too.

/// Says why a domain's process ended that nobody had ended. Locks: kernel_lock held.
const char* report_end(Domain& domain, const Ending& ending) noexcept {
    // Untrusted: what it says of itself.
    CallPage last;
    std::memcpy(static_cast<void*>(&last), domain.executor->thread->calls, sizeof(last));
    const char* cause = "its process ended";
    if (!ending.signalled && ending.status == kFaultStatus && last.fault_signal != 0) {
        cause =
            cause_of_fault(static_cast<int>(last.fault_signal), last.fault_trap, last.fault_error);
        const ModuleInstance* guilty = module_at(last.fault_pc);
        if (guilty == nullptr || guilty->domain != &domain)
            guilty = borrower_at(domain, last.fault_pc);
        if (guilty == nullptr) {
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
    const Locked hold{ended_lock};
    ended.push_back(&thread);
    thread.reaped.store(1, Order::release);
    futex_wake(thread.reaped);
}

/// Its calls come to an end. Told again and again: the word that it sleeps on was the domain's to
/// write, so it may miss it once.
void tell_ended() noexcept {
    const Locked hold{ended_lock};
    for (Thread* thread : ended) {
        thread->calls->state.store(static_cast<std::uint32_t>(CallState::ended), Order::release);
        futex_wake(thread->calls->state);
    }
}

std::uint64_t time_of(clockid_t clock) noexcept {
    timespec time{};
    if (clock_gettime(clock, &time) != 0)
        return 0;
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t time_of_thread(const Thread& thread) noexcept {
    clockid_t clock = 0;
    return pthread_getcpuclockid(thread.thread, &clock) == 0 ? time_of(clock) : 0;
}

std::uint64_t time_of_process(const Thread& thread) noexcept {
    clockid_t clock = 0;
    return clock_getcpuclockid(thread.pid, &clock) == 0 ? time_of(clock) : 0;
}

/// Ends a domain, or stops a kernel-placed module, that has used so much processor time without a
/// sign of progress. Locks: kernel_lock held.
void watch(ExecutorRecord& record) noexcept {
    Thread& thread = *record.thread;
    if (!thread.running.load(Order::acquire) || record.domain->ended)
        return;
    // Untrusted, and only compared: a domain that changes it by itself gets processor time, nothing
    // else. Who sleeps is back in its loop: the time that Linux takes for that counts as its own.
    const ExecutorCounts statistics = seen(record.view->statistics);
    const std::uint64_t progress = statistics.received + statistics.completed + statistics.waits;
    const std::uint64_t time = time_of_thread(thread);
    const std::uint64_t process = thread.process < 0 ? 0 : time_of_process(thread);
    if (progress != thread.progress_seen) {
        thread.progress_seen = progress;
        thread.time_seen = time;
        thread.process_seen = process;
    } else if (process - thread.process_seen >= kWatchdogNs) {
        executor_condemn(record, kNoProgress);
    } else if (time - thread.time_seen >= kWatchdogNs) {
        interrupt_loop(thread);
    }
}

void watch_all() noexcept {
    const Locked hold{kernel_lock};
    for (ExecutorRecord* record = all_executors(); record != nullptr; record = record->next)
        watch(*record);
}

void* run_reaper(void*) {
    adopt_thread(reaper_thread, "reaper");
    std::uint64_t last = 0;
    while (!stopping.load(std::memory_order_relaxed)) { // its join orders everything else
        epoll_event events[16];
        const int count = epoll_wait(waiting_for, events, 16, kTickMilliseconds);
        for (int i = 0; i < count; ++i)
            end_process(*static_cast<Thread*>(events[i].data.ptr));
        tell_ended();
        bury_threads();
        if (const std::uint64_t now = platform::now();
            now - last >= kTickMilliseconds * 1'000'000) {
            last = now;
            watch_all();
            check_withdrawn();
        }
    }
    return nullptr;
}

} // namespace

void start_reaper() noexcept {
    waiting_for = epoll_create1(EPOLL_CLOEXEC);
    CW_ASSERT(waiting_for >= 0 && pthread_create(&reaper, nullptr, &run_reaper, nullptr) == 0);
}

void stop_reaper() noexcept {
    stopping.store(true, std::memory_order_relaxed);
    pthread_join(reaper, nullptr);
}

void watch_process(Thread& thread) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.ptr = &thread;
    CW_ASSERT(epoll_ctl(waiting_for, EPOLL_CTL_ADD, thread.process, &event) == 0);
}

void forget_ended(Thread& thread) noexcept {
    const Locked hold{ended_lock};
    std::erase(ended, &thread);
}

} // namespace cw::hosted
