// Deadlines of pending calls: a binary heap of the executor, soonest first.
#include "runtime.hpp"
#include <cw/abi/syscall.hpp>

namespace cw::runtime {

namespace {

void place(Executor& executor, std::uint32_t index, Pending* pending) noexcept {
    executor.deadlines[index] = pending;
    pending->heap_index = static_cast<std::uint16_t>(index);
}

void sift_up(Executor& executor, std::uint32_t index) noexcept {
    Pending* moving = executor.deadlines[index];
    while (index > 0) {
        const std::uint32_t parent = (index - 1) / 2;
        if (executor.deadlines[parent]->deadline <= moving->deadline)
            break;
        place(executor, index, executor.deadlines[parent]);
        index = parent;
    }
    place(executor, index, moving);
}

void sift_down(Executor& executor, std::uint32_t index) noexcept {
    Pending* moving = executor.deadlines[index];
    for (;;) {
        std::uint32_t child = 2 * index + 1;
        if (child >= executor.deadline_count)
            break;
        if (child + 1 < executor.deadline_count &&
            executor.deadlines[child + 1]->deadline < executor.deadlines[child]->deadline)
            ++child;
        if (moving->deadline <= executor.deadlines[child]->deadline)
            break;
        place(executor, index, executor.deadlines[child]);
        index = child;
    }
    place(executor, index, moving);
}

/// Keeps other threads away from the deadlines while it lives, where there may be others.
class Hold {
public:
    explicit Hold(Executor& executor) noexcept : executor_{executor} {
        if constexpr (kManyThreads) {
            if (executor_.passed_through)
                state_ = platform::lock_deadlines(executor_);
        }
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() {
        if constexpr (kManyThreads) {
            if (executor_.passed_through)
                platform::unlock_deadlines(executor_, state_);
        }
    }

private:
    Executor& executor_;
    std::uint64_t state_ = 0;
};

void disarm(Executor& executor, Pending& pending) noexcept {
    if (!pending.outcome.has(Outcome::kArmed))
        return;
    const std::uint32_t index = pending.heap_index;
    pending.outcome.set(Outcome::kArmed, false);
    Pending* last = executor.deadlines[--executor.deadline_count];
    executor.errands.deadlines.store(executor.deadline_count != 0, Order::relaxed);
    if (last == &pending)
        return;
    place(executor, index, last);
    sift_up(executor, index);
    sift_down(executor, last->heap_index);
}

} // namespace

void arm_deadline(Executor& executor, Pending& pending, std::uint64_t ticks) noexcept {
    {
        const Hold hold{executor};
        disarm(executor, pending);
        if (executor.deadline_count == executor.deadline_capacity)
            return; // cannot happen: the heap has room for every Pending of every module
        pending.deadline = ticks;
        pending.outcome.set(Outcome::kArmed, true);
        place(executor, executor.deadline_count, &pending);
        sift_up(executor, executor.deadline_count++);
        executor.errands.deadlines.store(true, Order::relaxed);
    }
    if constexpr (kManyThreads) {
        if (executor.passed_through && arch::context()->executor != &executor)
            call_attention(executor); // it may sleep past the new one
    }
}

void disarm_deadline(Executor& executor, Pending& pending) noexcept {
    const Hold hold{executor};
    disarm(executor, pending);
}

namespace {

struct Soonest {
    Pending* overdue;    ///< Null: nothing is,
    ModuleState* module; ///< or whose it is.
    std::uint64_t next;  ///< Else: when something will be.
};

Soonest soonest(Executor& executor, std::uint64_t now) noexcept {
    const Hold hold{executor};
    if (executor.deadline_count == 0)
        return {nullptr, nullptr, abi::kNoDeadline};
    Pending& first = *executor.deadlines[0];
    if (first.deadline > now)
        return {nullptr, nullptr, first.deadline};
    return {&first, first.module, now};
}

/// False: it was disarmed or armed anew before we were inside its module.
bool take_overdue(Executor& executor, Pending& pending, std::uint64_t now) noexcept {
    const Hold hold{executor};
    if (!pending.outcome.has(Outcome::kArmed) || pending.deadline > now)
        return false;
    disarm(executor, pending);
    return true;
}

} // namespace

std::uint64_t run_deadlines(Executor& executor) noexcept {
    const std::uint64_t now = platform::now();
    for (;;) {
        const Soonest first = soonest(executor, now);
        if (first.overdue == nullptr)
            return first.next;
        if (!enter_module(*first.module))
            return now + 1000; // looked at again when the holder has left and rung, or then
        if (take_overdue(executor, *first.overdue, now))
            give_up(executor, *first.overdue, Status::timed_out);
        leave_module(executor, *first.module);
    }
}

} // namespace cw::runtime
