// How ordinary threads hand work to an executor: a list of jobs, and the coroutine that takes them.
#pragma once
#include <atomic>
#include <coroutine>
#include <cw/core/executor.hpp>
#include <cw/core/task.hpp>

namespace cw::hosted {

/// Something to be begun on an executor. Stays where it is until it has begun.
struct Job {
    void (*begin)(Job& self) noexcept;
    Job* next = nullptr;
};

/// Any number of threads put jobs in; one coroutine takes them.
class Inbox {
public:
    /// True: the taker sleeps, and is to be made ready (sleeper()) by whoever got this answer.
    /// Context: any thread; never blocks.
    /// Ordering: [R1] release, pairs with [A1] in await_resume(): who takes the job sees it whole.
    ///           [A2] acquire, pairs with [R2] in await_suspend(): who wakes the taker sees it.
    [[nodiscard]] bool push(Job& job) noexcept {
        Job* head = head_.load(std::memory_order_relaxed);
        do {
            job.next = head == asleep() ? nullptr : head;
        } while (!head_.compare_exchange_weak(
            head, &job, std::memory_order_acq_rel, std::memory_order_relaxed)); // [R1], [A2]
        return head == asleep();
    }
    /// Requires: push() has said that it sleeps.
    [[nodiscard]] Ready& sleeper() const noexcept { return *sleeper_; }

    /// Awaited by the taker: what has come since, oldest first, linked by Job::next; never null.
    struct Take {
        Inbox& inbox;

        bool await_ready() const noexcept {
            return inbox.head_.load(std::memory_order_relaxed) != nullptr;
        }
        template <class P>
        bool await_suspend(std::coroutine_handle<P> handle) noexcept {
            PromiseBase& promise = handle.promise();
            promise.ready.coroutine = handle.address();
            inbox.sleeper_ = &promise.ready;
            Job* none = nullptr;
            return inbox.head_.compare_exchange_strong(
                none, inbox.asleep(), std::memory_order_release, std::memory_order_relaxed); // [R2]
        }
        Job* await_resume() noexcept {
            Job* newest = inbox.head_.exchange(nullptr, std::memory_order_acquire); // [A1]
            Job* oldest = nullptr;
            while (newest != nullptr) {
                Job* const next = newest->next;
                newest->next = oldest;
                oldest = newest;
                newest = next;
            }
            return oldest;
        }
    };
    [[nodiscard]] Take take() noexcept { return {*this}; }

private:
    /// Stands in the list for: nothing is in it, and the taker sleeps. No job has this address.
    [[nodiscard]] Job* asleep() noexcept { return reinterpret_cast<Job*>(this); }

    std::atomic<Job*> head_{nullptr};
    Ready* sleeper_ = nullptr; ///< Written by the taker before it sleeps.
};

/// Begins jobs for ever. Context: a module's executor, where the module starts.
inline Task<> carry_out(Inbox& inbox) noexcept {
    for (;;) {
        Job* job = co_await inbox.take();
        while (job != nullptr) {
            Job* const next = job->next; // it may be gone once it has begun
            // As a request by ring would: who is called without a pause makes progress all the
            // same.
            cw_module.home->statistics.received.add();
            job->begin(*job);
            job = next;
        }
    }
}

} // namespace cw::hosted
