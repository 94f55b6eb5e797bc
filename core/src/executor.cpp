// The executor's loop.
#include "control.hpp"
#include "hot_paths.hpp"
#include "linger.hpp"
#include "platform_wait.hpp"
#include "trace.hpp"
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
        const std::uint64_t count = executor.interrupt_count(i); // [A9]
        if (count == executor.interrupts_seen[i] || !enter_module(*waiter->module))
            continue;
        ModuleState& module = *waiter->module;
        executor.interrupts_seen[i] = count;
        executor.interrupt_waiter[i] = nullptr;
        --executor.errands.interrupt_waiters;
        waiter->words[0] = count;
        waiter->reply = waiter->words;
        finish(executor, *waiter);
        leave_module(executor, module);
    }
}

/// Looks at the wake-ups for what threads that passed through have published. Under the gates: they
/// may be publishing more.
[[maybe_unused]] void run_submitted(Executor& executor) noexcept {
    std::uint64_t bits = executor.submitted.exchange(0, Order::acquire); // [A11]
    for (; bits != 0; bits &= bits - 1) {
        ClientEnd& end = executor.clients[__builtin_ctzll(bits)];
        if (end.closed)
            continue;
        ModuleState& module = *end.module;
        if (!enter_module(module)) { // who holds it calls us when it leaves
            executor.submitted.fetch_or(bits & -bits, Order::relaxed);
            continue;
        }
        if (end.submissions.ring.flush()) { // after [F1]
            executor.statistics.rings.add();
            platform::ring(end.submissions.doorbell);
        }
        leave_module(executor, module);
    }
}

/// What came from other threads of the domain, and what was made ready by this one.
void run_lists(Executor& executor) noexcept {
    if (executor.errands.attention.load(Order::relaxed) != 0) {
        executor.errands.attention.exchange(0, Order::acquire); // [A10]
        if constexpr (kManyThreads)
            run_submitted(executor);
        take_inbox(executor);
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
    executor.errands.ready = false;
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
    Outgoing* outgoing = executor.dirty;
    executor.dirty = &executor.dirty_end;
    while (outgoing != &executor.dirty_end) {
        Outgoing* const next = outgoing->next_dirty;
        outgoing->next_dirty = nullptr;
        if (outgoing->ring.flush_after_fence()) [[likely]] {
            if (last != abi::kNoDoorbell) [[unlikely]] {
                executor.statistics.rings.add();
                platform::ring(last);
            }
            last = outgoing->doorbell;
        }
        outgoing = next;
    }
    return last;
}

/// A ring that is not the hot one has something: it becomes the hot one. Of several the one behind
/// the last, so that none starves.
[[gnu::noinline]] void choose_hot(Executor& executor, PolledRing* found) noexcept {
    for (PolledRing* behind = executor.hot_place + 1; behind < executor.rings_end; ++behind) {
        if (behind->ring->pending()) {
            found = behind;
            break;
        }
    }
    set_hot(executor, found);
}

/// Rounds that do not end in a sleep, one in this many: looks at all rings, and rings whom it keeps
/// waiting. So neither a peer nor a coroutine that is never done keeps others from being served.
constexpr std::uint32_t kBusyRounds = 16;
static_assert((kBusyRounds & (kBusyRounds - 1)) == 0);

[[nodiscard]] bool look_around_now(Executor& executor) noexcept {
    return (++executor.busy_rounds & (kBusyRounds - 1)) == 0;
}

/// Arms what was taken from besides the hot ring.
void arm_rest(Executor& executor) noexcept {
    while (executor.errands.unarmed != 0)
        executor.unarmed[--executor.errands.unarmed]->arm();
}

/// The first ring that has something; rings_end if none has.
[[nodiscard, gnu::always_inline]] inline PolledRing* find_pending(Executor& executor) noexcept {
    PolledRing* found = executor.rings;
    while (found != executor.rings_end && !found->ring->pending())
        ++found;
    return found;
}

[[gnu::noinline]] void look_around(Executor& executor) noexcept {
    executor.hot.ring->arm(); // it may have been taken from, and another becomes the hot one
    fence(Order::seq_cst);    // [F2] for it, [F1]
    const std::uint64_t doorbell = flush_after_fence(executor);
    if (doorbell != abi::kNoDoorbell) {
        executor.statistics.rings.add();
        platform::ring(doorbell);
    }
    if (PolledRing* found = find_pending(executor); found != executor.rings_end)
        choose_hot(executor, found);
}

#ifdef CW_LINGERS
/// Turns to another ring that has something; true if any ring has. Without a fence, and without a
/// store that the peer would have to fetch: it comes round often.
[[nodiscard, gnu::noinline]] bool turn_to_another(Executor& executor) noexcept {
    PolledRing* const found = find_pending(executor);
    if (found == executor.rings_end)
        return false;
    RingConsumer<NativeSync>& before = *executor.hot.ring;
    choose_hot(executor, found);
    if (executor.hot.ring != &before)
        before.arm(); // it may have been taken from; the fence comes before sleep
    return true;
}

/// Looks at the rings for a while before it sleeps; true if something has come. Who sleeps and is
/// owed a wake-up gets it before, as far as that can be seen without a fence; the fence is due, as
/// ever, before this executor sleeps, so lingering delays a wake-up at most and loses none.
[[nodiscard, gnu::noinline]] bool linger(Executor& executor, std::uint64_t deadline) noexcept {
    if (!may_linger(executor))
        return false;
    for (const Outgoing* outgoing = executor.dirty; outgoing != &executor.dirty_end;
         outgoing = outgoing->next_dirty) {
        if (!outgoing->ring.consumer_seems_asleep())
            continue;
        fence(Order::seq_cst); // [F1]
        const std::uint64_t doorbell = flush_after_fence(executor);
        if (doorbell != abi::kNoDoorbell) {
            executor.statistics.rings.add();
            platform::ring(doorbell);
        }
        break;
    }
    const std::uint64_t end = end_of_lingering(executor, deadline);
    for (std::uint32_t looks = 1;; ++looks) {
        if (executor.hot.ring->pending())
            break;
        if (executor.errands.attention.load(Order::relaxed) != 0)
            break;
        if (looks % kLooksAround == 0) {
            if (turn_to_another(executor))
                break;
            if (platform::now() >= end) {
                lingered_in_vain(executor);
                return false;
            }
        }
        pause_between_looks();
    }
    lingered_well(executor);
    return true;
}
#endif

constexpr std::uint64_t kGoOn = 0;

/// Everything but rings: the next deadline, or kGoOn if there may be more to do.
[[nodiscard, gnu::noinline]] std::uint64_t run_errands(Executor& executor) noexcept {
    if (executor.errands.interrupt_waiters != 0)
        run_interrupts(executor);
    std::uint64_t deadline = abi::kNoDeadline;
    if (executor.errands.deadlines.load(Order::relaxed))
        deadline = run_deadlines(executor);
    if (executor.errands.ready || executor.errands.attention.load(Order::relaxed) != 0) {
        run_lists(executor);
        if (look_around_now(executor))
            look_around(executor);
        return kGoOn;
    }
    arm_rest(executor);
    return deadline;
}

void run_traced(Executor& executor) noexcept;

/// Carries out what the kernel says. If it wants a trace, the loop that records goes on from here,
/// until that is over.
template <bool kTraced>
[[gnu::noinline]] void heed_control(Executor& executor) noexcept {
    run_control(executor);
    if (kTraced || !executor.trace.on())
        return;
    run_traced(executor);
    // Which ring is the hot one may have changed. It was taken from; the fence comes before sleep.
    executor.hot.ring->arm();
    set_hot(executor, executor.rings);
}

/// An impossible index, or nothing at all, or a ring of the kernel's.
template <bool kTraced>
[[gnu::noinline]] void take_rare(Executor& executor) noexcept {
    const PolledRing hot = executor.hot;
    if (hot.ring->available() != 0) {
        if (hot.tag == 0)
            heed_control<kTraced>(executor);
    } else if (hot.ring->faulted()) {
        if (hot.tag > 0)
            fault_client(executor, hot.client());
        else if (hot.tag < 0)
            fault_server(executor, hot.server());
    }
}

/// Takes what the hot ring has; true if it had something. `rung`: the ring whose doorbell is known
/// to be the only one that was rung, so that nothing else can have come; 0 afterwards if it is not
/// the hot one.
template <bool kTraced>
[[nodiscard, gnu::always_inline]] inline bool take_hot(Executor& executor,
                                                       abi::RingTag& rung) noexcept {
    static_assert(abi::kSubmissionSlots == abi::kCompletionSlots);
    const std::uint32_t count = executor.hot.ring->unchecked();
    if (count - 1 >= abi::kSubmissionSlots) [[unlikely]] {
        if (count != 0)
            take_rare<kTraced>(executor);
        return false;
    }
    const abi::RingTag tag = executor.hot.tag;
    if (tag == 0) [[unlikely]] {
        take_rare<kTraced>(executor);
        return false;
    }
    if (rung != tag) {
        rung = 0;
        // What the kernel said before a request or an answer came is done before that is looked at:
        // who has been told that a module is loaded finds it linked everywhere.
        if (executor.control.pending()) [[unlikely]]
            heed_control<kTraced>(executor);
        if (executor.hot.tag != tag) [[unlikely]] // it was closed
            return false;
    }
    if (tag < 0) {
        serve_requests<kTraced>(executor, executor.hot.server(), count);
        return true;
    }
    complete_calls<kTraced>(executor, executor.hot.client(), count);
    return true;
}

/// The loop. With kTraced it says what it does, and ends when nobody wants to know.
template <bool kTraced>
[[gnu::always_inline]] inline void run_rounds(Executor& given) noexcept {
    // After a wake-up it is most often the ring that had something last; the others are looked at
    // below, unless its doorbell is known to be the only one that was rung: then whoever else has
    // something for us will ring as well, and the next sleep ends at once.
    abi::RingTag rung = 0; // by a doorbell of its own, and nothing else was; or 0
    for (;;) {
        Executor& executor = own_executor(given);
        if constexpr (kTraced)
            rung = 0;
        if (!take_hot<kTraced>(executor, rung))
            rung = 0;
        if constexpr (kTraced) {
            if (!executor.trace.on())
                return;
        }
        std::uint64_t deadline = abi::kNoDeadline;
        if (executor.errands.any()) [[unlikely]] {
            rung = 0;
            deadline = run_errands(executor);
            if (deadline == kGoOn)
                continue;
        }
        keep_here(deadline);
#ifdef CW_LINGERS
        if (linger(executor, deadline)) {
            rung = 0;
            // Others must not starve. Who is owed a wake-up gets it from linger().
            if (look_around_now(executor))
                static_cast<void>(turn_to_another(executor));
            continue;
        }
#endif

        // About to sleep: arm what was taken from, fence once, look at everything once more.
        executor.hot.ring->arm();
        fence(
            Order::seq_cst); // [F2] for every ring just armed, and [F1] for every ring published to
        if (rung == 0) {
            PolledRing* const found = find_pending(executor);
            if (found != executor.rings_end) [[unlikely]] {
                if (look_around_now(executor))
                    look_around(executor);
                else
                    choose_hot(executor, found);
                continue;
            }
        } else if (executor.hot.ring->pending()) [[unlikely]] {
            rung = 0;
            continue;
        }
        // In a domain of one thread nothing else can have come since we looked.
        if constexpr (kManyThreads) {
            if (executor.errands.attention.load(Order::relaxed) != 0)
                continue;
        }
        const std::uint64_t doorbell = flush_after_fence(executor);
        executor.statistics.waits.add();
        if (doorbell == abi::kNoDoorbell) [[unlikely]]
            executor.statistics.quiet.add();
        if constexpr (kTraced)
            record_at_once(executor, trace::What::asleep, deadline);
#ifdef CW_LINGERS
        const std::uint64_t asleep = platform::now();
        rung = platform::sleep(deadline, doorbell);
        woke_up(executor, platform::now() - asleep);
#else
        rung = platform::sleep(deadline, doorbell);
#endif
        if constexpr (kTraced)
            record(own_executor(given), trace::What::awake);
    }
}

/// A loop of its own, so that the other one has nothing to ask. Looks at everything in each round:
/// who waits for room in its ring may use up a doorbell.
[[gnu::noinline]] void run_traced(Executor& executor) noexcept {
    if (executor.trace.on())
        run_rounds<true>(executor);
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
    executor.rings[0] = {&executor.control, 0};
    executor.rings_end = executor.rings + 1;
    executor.dirty = &executor.dirty_end;
    set_hot(executor, executor.rings);
    executor.unarmed[executor.errands.unarmed++] = &executor.control;
}

void executor_run(Executor& executor) noexcept {
    run_traced(executor); // it may be run anew, after a fault
    for (;;)
        run_rounds<false>(executor);
}

} // namespace cw
