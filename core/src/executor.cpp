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

/// Rings the peers of ends that other threads have published into. Those go on publishing: what
/// comes after the exchange sets its bit again.
[[maybe_unused]] void ring_for_others(Executor& executor) noexcept {
    std::uint64_t ends = executor.published_elsewhere.exchange(0, Order::acquire); // [A11]
    if (ends == 0)
        return;
    fence(Order::seq_cst); // [F1] for what those threads published before [R11]
    for (; ends != 0; ends &= ends - 1) {
        const Outgoing& outgoing = executor.clients[__builtin_ctzll(ends)].submissions;
        if (!outgoing.ring.awaited_after_fence())
            continue;
        ++executor.statistics.wakes;
        platform::ring(outgoing.doorbell);
    }
}

/// What came from other threads of the domain, and what was made ready by this one.
void run_lists(Executor& executor) noexcept {
    if (executor.attention.load(Order::relaxed) != 0) {
        executor.attention.exchange(0, Order::acquire);                   // [A10]
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
        if constexpr (kManyThreads)
            ring_for_others(executor);
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

/// Rings every peer that asked to be woken for what we published. One doorbell is returned instead,
/// for wait() to ring. Requires: a full fence since the last publish ([F1]).
[[gnu::always_inline]] inline std::uint64_t flush_after_fence(Executor& executor) noexcept {
    std::uint64_t last = abi::kNoDoorbell;
    Outgoing** dirty = executor.dirty;
    Outgoing** const end = dirty + executor.dirty_count;
    executor.dirty_count = 0;
    for (; dirty != end; ++dirty) {
        Outgoing& outgoing = **dirty;
        outgoing.dirty = false;
        if (!outgoing.ring.flush_after_fence())
            continue;
        ++executor.statistics.wakes;
        if (last != abi::kNoDoorbell) [[unlikely]]
            platform::ring(last);
        last = outgoing.doorbell;
    }
    return last;
}

/// A ring that is not the hot one has something: it becomes the hot one. Of several the one behind
/// the last, so that none starves.
[[gnu::noinline]] void choose_hot(Executor& executor, PolledRing* found) noexcept {
    for (PolledRing* behind = executor.hot + 1; behind < executor.rings_end; ++behind) {
        if (behind->ring->pending()) {
            found = behind;
            break;
        }
    }
    executor.hot = found;
    if (found->ring->available() == 0) { // an impossible index
        if (found->client != nullptr)
            fault_client(executor, *found->client);
        else if (found->server != nullptr)
            fault_server(executor, *found->server);
    }
}

/// Rounds that do not end in a sleep, one in this many: looks at all rings, and rings whom it keeps
/// waiting. So neither a peer nor a coroutine that is never done keeps others from being served.
constexpr std::uint32_t kBusyRounds = 16;
static_assert((kBusyRounds & (kBusyRounds - 1)) == 0);

[[nodiscard]] bool look_around_now(Executor& executor) noexcept {
    return (++executor.busy_rounds & (kBusyRounds - 1)) == 0;
}

[[gnu::noinline]] void look_around(Executor& executor) noexcept {
    executor.hot->ring->arm(); // it may have been taken from, and another becomes the hot one
    fence(Order::seq_cst);     // [F2] for it, [F1]
    const std::uint64_t doorbell = flush_after_fence(executor);
    if (doorbell != abi::kNoDoorbell)
        platform::ring(doorbell);
    for (PolledRing* found = executor.rings; found != executor.rings_end; ++found) {
        if (found->ring->pending()) {
            choose_hot(executor, found);
            return;
        }
    }
}

} // namespace

void executor_create(Executor& executor, const abi::StartBlock& start) noexcept {
    executor.start = &start;
    auto* kernel_page = reinterpret_cast<const IndexPage*>(start.control);
    executor.control = {&executor.control_page->consumer,
                        &kernel_page->producer,
                        abi::kControlSlots,
                        abi::kFirstIndex};
    executor.control_entries =
        reinterpret_cast<const abi::ControlEntry*>(start.control + abi::kSlotsOffset);
    executor.rings[0] = {&executor.control, nullptr, nullptr};
    executor.rings_end = executor.rings + 1;
    executor.hot = executor.rings;
    executor.unarmed[executor.unarmed_count++] = &executor.control;
}

void executor_run(Executor& executor) noexcept {
    for (;;) {
        // After a wake-up it is most often the ring that had something last; the others are looked
        // at below.
        const PolledRing hot = *executor.hot;
        if (const std::uint32_t count = hot.ring->available(); count != 0) [[likely]] {
            if (hot.server != nullptr) {
                serve_requests(executor, *hot.server, count);
            } else if (hot.client != nullptr) {
                // What the kernel said before an answer came is done before the answer is passed
                // on.
                if (executor.control.pending()) [[unlikely]]
                    run_control(executor);
                if (!hot.client->closed) [[likely]]
                    complete_calls(executor, *hot.client, count);
            } else {
                run_control(executor);
            }
        }
        if (executor.interrupt_waiters != 0) [[unlikely]]
            run_interrupts(executor);
        std::uint64_t deadline = abi::kNoDeadline;
        if (executor.deadline_count != 0) [[unlikely]]
            deadline = run_deadlines(executor);
        if (executor.ready != nullptr || executor.attention.load(Order::relaxed) != 0)
            [[unlikely]] {
            run_lists(executor);
            if (look_around_now(executor))
                look_around(executor);
            continue;
        }

        // About to sleep: arm what was taken from, fence once, look at everything once more.
        executor.hot->ring->arm();
        if (executor.unarmed_count != 0) [[unlikely]] {
            while (executor.unarmed_count != 0)
                executor.unarmed[--executor.unarmed_count]->arm();
        }
        fence(
            Order::seq_cst); // [F2] for every ring just armed, and [F1] for every ring published to
        PolledRing* found = executor.rings;
        PolledRing* const end = executor.rings_end;
        while (!found->ring->pending()) {
            if (++found == end)
                break;
        }
        if (found != end) [[unlikely]] {
            if (look_around_now(executor))
                look_around(executor);
            else
                choose_hot(executor, found);
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
