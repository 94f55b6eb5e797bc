// The executor's loop.
#include "control.hpp"
#include "hot_paths.hpp"
#include "platform_wait.hpp"
#include <cw/abi/syscall.hpp>

namespace cw {

using namespace runtime;

namespace {

/// Completes who waits for an interrupt that has come.
void run_interrupts(Executor& executor) noexcept {
    for (std::uint32_t i = 0; i < kMaxExecutorInterrupts; ++i) {
        Pending* waiter = executor.interrupt_waiter[i];
        if (waiter == nullptr)
            continue;
        const std::uint64_t count = executor.interrupt_counts[i].load(Order::acquire); // [A9]
        if (count == executor.interrupts_seen[i] || !enter_module(*waiter->module))
            continue;
        ModuleState& module = *waiter->module;
        executor.interrupts_seen[i] = count;
        executor.interrupt_waiter[i] = nullptr;
        --executor.interrupt_waiters;
        waiter->words[0] = count;
        waiter->reply = waiter->words;
        finish(executor, *waiter);
        leave_module(executor, module);
    }
}

/// What came from other threads of the domain, and what was made ready by this one.
void run_lists(Executor& executor) noexcept {
    if (executor.attention.load(Order::relaxed) != 0) {
        executor.attention.exchange(0, Order::acquire); // [A10]
        Ready* newest = executor.inbox.exchange(nullptr, Order::acquire); // [A5]
        Ready* oldest = nullptr;
        while (newest != nullptr) {
            Ready* next = newest->next;
            newest->next = oldest;
            oldest = newest;
            newest = next;
        }
        while (oldest != nullptr) {
            Ready* next = oldest->next;
            push_local(executor, *oldest);
            oldest = next;
        }
        for (std::uint32_t i = 0; i < executor.module_count; ++i) {
            ModuleState& module = *executor.modules[i];
            if ((module.gate.load(Order::relaxed) & kGateQueued) != 0 && enter_module(module)) {
                run_mailbox(executor, module);
                leave_module(executor, module);
            }
        }
    }
    Ready* item = executor.ready;
    executor.ready = nullptr; // what becomes ready from now on runs in the next round
    while (item != nullptr) {
        Ready* next = item->next;
        run_ready(executor, *item);
        item = next;
    }
}

/// Rings every peer that asked to be woken for what we published. One doorbell is returned instead, for wait() to ring.
/// Requires: a full fence since the last publish ([F1]).
[[gnu::always_inline]] inline std::uint64_t flush_after_fence(Executor& executor) noexcept {
    std::uint64_t last = abi::kNoDoorbell;
    const DirtyRing* const end = executor.dirty + executor.dirty_count;
    for (const DirtyRing* dirty = executor.dirty; dirty != end; ++dirty) {
        *dirty->mark = false;
        if (!dirty->ring->flush_after_fence())
            continue;
        ++executor.statistics.wakes;
        if (last != abi::kNoDoorbell) [[unlikely]]
            platform::ring(last);
        last = dirty->doorbell;
    }
    executor.dirty_count = 0;
    return last;
}

} // namespace

void executor_create(Executor& executor, const abi::StartBlock& start) noexcept {
    executor.start = &start;
    auto* kernel_page = reinterpret_cast<const IndexPage*>(start.control);
    executor.control = {&executor.control_page->consumer, &kernel_page->producer, abi::kControlSlots, abi::kFirstIndex};
    executor.control_entries = reinterpret_cast<const abi::ControlEntry*>(start.control + abi::kSlotsOffset);
    executor.rings[0] = {&executor.control, nullptr, nullptr};
    executor.ring_count = 1;
    executor.hot = executor.rings;
    executor.moved[executor.moved_count++] = &executor.control;
}

void executor_run(Executor& executor) noexcept {
    const auto take_from = [&executor](PolledRing& polled) __attribute__((always_inline)) {
        if (polled.server != nullptr) {
            executor.moved[executor.moved_count++] = polled.ring;
            serve_requests(executor, *polled.server);
        } else if (polled.client != nullptr) {
            // What the kernel said before an answer came is done before the answer is passed on.
            ClientEnd& end = *polled.client;
            executor.moved[executor.moved_count++] = polled.ring;
            if (executor.control.pending()) [[unlikely]]
                run_control(executor);
            if (!end.closed) [[likely]]
                complete_calls(executor, end);
        } else {
            run_control(executor);
        }
    };
    for (;;) {
        // After a wake-up it is most often the ring that had something last; the others are looked at below.
        if (PolledRing& hot = *executor.hot; hot.ring->pending())
            take_from(hot);
        if (executor.interrupt_waiters != 0) [[unlikely]]
            run_interrupts(executor);
        std::uint64_t deadline = abi::kNoDeadline;
        if (executor.deadline_count != 0) [[unlikely]]
            deadline = run_deadlines(executor);
        if (executor.ready != nullptr || executor.attention.load(Order::relaxed) != 0) [[unlikely]] {
            run_lists(executor);
            continue;
        }

        // About to sleep: arm what was taken from since it was last armed, fence once, look at everything once more.
        {
            RingConsumer<NativeSync>** ring = executor.moved;
            for (RingConsumer<NativeSync>** const end = ring + executor.moved_count; ring != end; ++ring)
                (*ring)->arm();
            executor.moved_count = 0;
        }
        fence(Order::seq_cst); // [F2] for every ring just armed, and [F1] for every ring published to
        PolledRing* found = executor.rings;
        PolledRing* const end = found + executor.ring_count;
        while (!found->ring->pending()) {
            if (++found == end)
                break;
        }
        if (found != end) [[unlikely]] {
            // Of several that have something the one behind the last served, so that none starves.
            for (PolledRing* behind = executor.hot + 1; behind < end; ++behind) {
                if (behind->ring->pending()) {
                    found = behind;
                    break;
                }
            }
            executor.hot = found;
            continue;
        }
        // In a domain of one thread nothing else can have come since we looked.
        if constexpr (kManyThreads) {
            if (executor.attention.load(Order::relaxed) != 0)
                continue;
        }
        const std::uint64_t doorbell = flush_after_fence(executor);
        ++executor.statistics.waits;
        platform::sleep(deadline, doorbell);
    }
}

} // namespace cw
