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

} // namespace

void arm_deadline(Executor& executor, Pending& pending, std::uint64_t ticks) noexcept {
    disarm_deadline(executor, pending);
    if (executor.deadline_count == executor.deadline_capacity)
        return; // cannot happen: the heap has room for every Pending of every module
    pending.deadline = ticks;
    pending.outcome.set(Outcome::kArmed, true);
    place(executor, executor.deadline_count, &pending);
    sift_up(executor, executor.deadline_count++);
    executor.errands.deadlines = true;
}

void disarm_deadline(Executor& executor, Pending& pending) noexcept {
    if (!pending.outcome.has(Outcome::kArmed))
        return;
    const std::uint32_t index = pending.heap_index;
    pending.outcome.set(Outcome::kArmed, false);
    Pending* last = executor.deadlines[--executor.deadline_count];
    executor.errands.deadlines = executor.deadline_count != 0;
    if (last == &pending)
        return;
    place(executor, index, last);
    sift_up(executor, index);
    sift_down(executor, last->heap_index);
}

std::uint64_t run_deadlines(Executor& executor) noexcept {
    if (executor.deadline_count == 0)
        return abi::kNoDeadline;
    const std::uint64_t now = platform::now();
    while (executor.deadline_count != 0 && executor.deadlines[0]->deadline <= now) {
        Pending& pending = *executor.deadlines[0];
        ModuleState& module = *pending.module;
        if (!enter_module(module))
            return now + 1000; // looked at again when the holder has left and rung, or then
        disarm_deadline(executor, pending);
        give_up(executor, pending, Status::timed_out);
        leave_module(executor, module);
    }
    return executor.deadline_count == 0 ? abi::kNoDeadline : executor.deadlines[0]->deadline;
}

} // namespace cw::runtime
