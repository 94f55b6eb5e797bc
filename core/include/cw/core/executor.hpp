// The executor: the loop of a thread that runs modules. It owns every wait; module code only
// awaits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/channel.hpp>
#include <cw/abi/control.hpp>
#include <cw/core/arch/load.hpp>
#include <cw/core/counter.hpp>
#include <cw/core/module_state.hpp>
#include <cw/core/ring.hpp>
#include <cw/core/trace.hpp>

namespace cw {

/// A slot of the peer's or of our own, as both see it: words that are loaded and stored once each.
struct RingMessage {
    Atomic<std::uint64_t> head;
    Atomic<std::uint64_t> words[6];
    Atomic<std::uint64_t> aux;

    /// The halves of `head`, for who needs them apart. Each is a load of its own.
    [[nodiscard]] std::uint64_t load_cookie() const noexcept { return arch::load_u32(&head); }
    [[nodiscard]] std::uint64_t load_code_and_flags() const noexcept {
        return arch::load_u32(reinterpret_cast<const char*>(&head) + 4);
    }
};
static_assert(sizeof(RingMessage) == sizeof(abi::MessageSlot));

struct Executor;

/// What an end publishes into, and whom that may wake.
struct Outgoing {
    RingProducer<NativeSync> ring;
    std::uint32_t doorbell; ///< Of the peer.
    Outgoing* next_dirty;   ///< Not null: something is published whose wake-up was not looked at
                            ///< yet; it is in the executor's list.
    Executor* executor;
};

/// The caller's end of a channel. Guarded by its module's gate.
struct ClientEnd {
    Pending* free; ///< Entries of this channel's pool: one is a credit. Null for good once the
                   ///< channel is closed.
    Outgoing submissions;
    RingMessage* submission_slots;
    RingConsumer<NativeSync> completions;
    const RingMessage* completion_slots;
    Pending* pendings; ///< The pool's memory.
    ModuleState* module;
    std::uint32_t index;
    bool closed;
    bool synchronous;  ///< Calls are made by system call too, as long as there are credits.
    bool lingering;    ///< Closed, but futures hold entries of the pool.
    bool holding;      ///< Calls go through `overflow`, until no carrier is in flight any more.
    Pending* overflow; ///< Calls that found no credit, oldest first.
    Pending* overflow_last;
    Pending* returned;      ///< While holding: the free entries, kept from the stubs, so that no
                            ///< new call overtakes one that waits.
    std::uint64_t carriers; ///< Bit per carrier cookie that is free.
    std::uint32_t cancels;  ///< Submissions that have no completion.
    std::uint32_t by_call;  ///< Completions that had no submission: synchronous calls.
    std::uint32_t read_in_place; ///< Of the answers of this round that nobody had awaited, those
                                 ///< that were read while they lay in the ring.
    std::uint32_t cancelling;    ///< Cancellations that the callee may not have taken yet,
    std::uint32_t cancel_end;    ///< and the index behind the last of them.
    std::uint32_t looked_at;     ///< Where in the pool copy_out() goes on.
    Pending* graveyard; ///< Where entries of a closed channel go when their futures are gone.

    /// Calls that were submitted and not answered. Requires: completions.head() is up to date.
    [[nodiscard]] std::uint32_t in_flight() const noexcept {
        return submissions.ring.tail() - cancels + by_call - completions.head();
    }
};

/// Gives `count` entries of one channel back whose replies were read in the ring: those linked from
/// `first` on, which were reset; `last` is the link behind the last. Requires: as pool_give().
inline void pool_give_all(Pending& first, Pending*& last, std::uint32_t count) noexcept {
    first.end->read_in_place += count;
    last = *first.pool;
    *first.pool = &first;
}

/// The callee's end of a channel. Guarded by its module's gate, except for `queued_used`.
struct ServerEnd {
    RingConsumer<NativeSync> submissions;
    const RingMessage* submission_slots;
    Outgoing completions;
    RingMessage* completion_slots;
    ModuleState* module;
    const abi::MethodTable* methods;
    const abi::BufferAreas* areas;
    std::uint32_t index;
    bool closed;
    bool leaving;           ///< The kernel waits to hear that no handler is under way any more.
    PromiseBase* suspended; ///< Handlers that have not answered yet, newest first.
    std::uint32_t
        suspended_count; ///< Of them; more than the credits is more than an honest client has.
    QueuedCall* queued;  ///< In the kernel: room for kChannelCredits synchronous calls that found
                         ///< the module busy. Else null.
    Atomic<std::uint64_t> queued_used; ///< Bit per entry.
};
static_assert(abi::kChannelCredits == 64, "queued_used has a bit per credit");

/// What an executor counts of itself: a lane of its own (counter.hpp).
struct ExecutorStatistics {
    Counter rings;     ///< Doorbells rung by a call of their own.
    Counter waits;     ///< Times it went to sleep, mostly ringing a doorbell along.
    Counter quiet;     ///< Of them, those that rang none.
    Counter received;  ///< Submissions taken.
    Counter completed; ///< Completions taken.
    Counter faults;    ///< Peers that broke the contract.
    Counter lent;      ///< Bytes of buffers that came with requests, by reference.
};

/// The same as numbers: of one executor, or of several together.
struct ExecutorCounts {
    std::uint64_t rings, waits, quiet, received, completed, faults, lent;

    [[nodiscard]] std::uint64_t wakes() const noexcept { return rings + waits - quiet; }
    void add(const ExecutorCounts& other) noexcept {
        rings += other.rings;
        waits += other.waits;
        quiet += other.quiet;
        received += other.received;
        completed += other.completed;
        faults += other.faults;
        lent += other.lent;
    }
};

/// The counters as they are by and by, from another thread or another domain. Untrusted if the
/// executor is a user domain's. (Of `waits` and `quiet` the latter is read first, and is not more.)
[[nodiscard]] inline ExecutorCounts seen(const ExecutorStatistics& now) noexcept {
    ExecutorCounts counts{};
    counts.quiet = now.quiet.load();
    counts.rings = now.rings.load();
    counts.waits = now.waits.load();
    counts.received = now.received.load();
    counts.completed = now.completed.load();
    counts.faults = now.faults.load();
    counts.lent = now.lent.load();
    return counts;
}

inline constexpr std::uint32_t kMaxExecutorModules = 32;

inline constexpr std::uint32_t kMaxExecutorInterrupts = 8;

/// Rings an executor takes from, in polling order: the control ring, then ends as they come.
inline constexpr std::uint32_t kMaxRings = 1 + 2 * abi::kMaxEnds;
static_assert(kMaxRings <= 255, "Errands::unarmed");

struct PolledRing {
    RingConsumer<NativeSync>* ring;
    abi::RingTag tag; ///< Negative: `submissions` of a ServerEnd; positive: `completions` of a
                      ///< ClientEnd; 0: the control ring.

    /// Requires: of that kind.
    [[nodiscard]] ClientEnd& client() const noexcept {
        return *reinterpret_cast<ClientEnd*>(reinterpret_cast<std::uint64_t>(ring) -
                                             offsetof(ClientEnd, completions));
    }
    [[nodiscard]] ServerEnd& server() const noexcept {
        return *reinterpret_cast<ServerEnd*>(reinterpret_cast<std::uint64_t>(ring) -
                                             offsetof(ServerEnd, submissions));
    }
};

/// What an executor must look at besides its rings. The fields are one word, so that one load tells
/// that there is nothing.
struct alignas(8) Errands {
    /// Something came from another thread of the domain: the inbox or a mailbox. Set after the
    /// push, release [R10]; cleared before the look, acquire [A10].
    Atomic<std::uint32_t> attention;
    bool ready;                     ///< The ready list is not empty.
    Atomic<bool> deadlines;         ///< One is armed. Relaxed: attention is called besides.
    std::uint8_t interrupt_waiters; ///< Calls of wait_interrupt() that wait.
    std::uint8_t unarmed;           ///< Entries of Executor::unarmed.

    [[nodiscard]] bool any() const noexcept {
        using Whole [[gnu::may_alias]] = std::uint64_t;
        return __atomic_load_n(reinterpret_cast<const Whole*>(this), __ATOMIC_RELAXED) != 0;
    }
};
static_assert(sizeof(Errands) == 8);

/// How long an executor looks at its rings before it sleeps: see linger.hpp.
struct Lingering {
    /// Learned by itself.
    struct Habit {
        std::uint32_t nanoseconds; ///< Of the next time.
        std::uint16_t in_vain;     ///< Times in a row that nothing came.
        std::uint16_t pause;       ///< Times that it does not, for that reason.
    };
    Habit habits[2]; ///< Where nothing has been published since the last sleep, and where something
                     ///< has.
    bool published;  ///< Which of them is the present one.

    [[nodiscard]] Habit& now() noexcept { return habits[published ? 1 : 0]; }
};

/// Where an executor records what it does, while that is wanted. Its own thread's only.
struct ExecutorTrace {
    trace::Block* block; ///< Null: tracing is off.
    TraceWriter<TracePolicy::block, trace::kArgs, trace::kReaders> writer; ///< Counts no drops.
    std::uint64_t dropped;
    TracePolicy policy;
    bool impatient; ///< It waited for a reader in vain: records are dropped until there is room.

    [[nodiscard]] bool on() const noexcept { return block != nullptr; }
};

struct Executor {
    Context context; ///< What tp points to in a user domain.
    // What every round looks at comes first, within reach of short offsets.
    PolledRing hot;  ///< The ring that had something last: a copy of *hot_place.
    Outgoing* dirty; ///< Published to, newest first; ends at dirty_end.
    Errands errands;
    PolledRing* hot_place;
    PolledRing* rings_end;
    Ready* ready; ///< Oldest first.
    Ready* ready_last;
    std::uint32_t deadline_count;
    std::uint32_t deadline_capacity;
    std::uint32_t busy_rounds; ///< That did not end in a sleep.
    bool passed_through; ///< Other threads run its modules too, under their gates: synchronous
                         ///< callers. Set before it starts.
    ServerEnd* serving;  ///< The channel whose request is being started; in a user domain only of
                         ///< requests that are not plain. Null: it was queued within the domain.
    ExecutorStatistics statistics;
    Outgoing dirty_end;

    PolledRing rings[kMaxRings];
    RingConsumer<NativeSync>*
        unarmed[kMaxRings]; ///< Rings to be armed before the next sleep, besides the hot one.
    ClientEnd clients[abi::kMaxEnds];
    ServerEnd servers[abi::kMaxEnds];
    /// Pushed by other threads of the domain, newest first: release [R5], drained by exchange with
    /// acquire [A5].
    Atomic<Ready*> inbox;
    /// With passed_through: bit per client end that something was published into. Set after the
    /// publish, release [R11]; taken by exchange with acquire [A11].
    Atomic<std::uint64_t> submitted;
    Pending** deadlines; ///< Binary heap, soonest first.
    ModuleState* modules[kMaxExecutorModules];
    std::uint32_t module_count;
    const Atomic<std::uint64_t>* interrupt_counts; ///< Written by the kernel.
    std::uint64_t interrupts_seen[kMaxExecutorInterrupts];
    Pending* interrupt_waiter[kMaxExecutorInterrupts];
    void* host;              ///< The kernel's record of it; unused in a user domain.
    IndexPage* control_page; ///< Our index words of the control ring; the kernel reads them.
    RingConsumer<NativeSync> control;
    const abi::ControlEntry* control_entries;
    const abi::StartBlock* start;
    Lingering lingering; ///< Only where the host says so.
    /// Who is at the other end of each server end: ModuleState::id. Written by the kernel before
    /// the end is added.
    std::uint64_t client_ids[abi::kMaxEnds];
    std::uint64_t caller; ///< The same of a request that was queued within the domain.
    /// Where devices count interrupts themselves; null: in interrupt_counts.
    const Atomic<std::uint32_t>* interrupt_words[kMaxExecutorInterrupts];
    /// What records of a trace call the channel of a client end, and of a server end. As
    /// client_ids.
    std::uint32_t client_channels[abi::kMaxEnds];
    std::uint32_t server_channels[abi::kMaxEnds];
    ExecutorTrace trace;

    /// How often the interrupt has come. Ordering: [A9], pairs with [R9] of who counts it.
    [[nodiscard]] std::uint64_t interrupt_count(std::uint64_t index) const noexcept {
        const Atomic<std::uint32_t>* const word = interrupt_words[index];
        return word != nullptr ? word->load(Order::acquire)
                               : interrupt_counts[index].load(Order::acquire);
    }
};

/// Sets an executor up in zeroed memory. Requires: `start` and the control ring as abi/control.hpp
/// says.
void executor_create(Executor& executor, const abi::StartBlock& start) noexcept;

/// Runs for ever: control entries, channels, ready coroutines, deadlines; then flush and wait.
[[noreturn]] void executor_run(Executor& executor) noexcept;

namespace runtime {
/// Has `ready` run by its module's home executor. Context: any, also an interrupt of that
/// executor's own thread, or a wait of it.
void push_from_outside(Executor& home, Ready& ready) noexcept;
} // namespace runtime

/// What the host supplies to the executor. Link-time, one implementation per host and side.
namespace platform {
void wake(std::uint32_t doorbell) noexcept;
/// See abi::Call::wait. Returns what it says of a1.
[[nodiscard]] abi::RingTag wait(std::uint64_t deadline_ticks, std::uint64_t doorbell) noexcept;
std::uint64_t now() noexcept;
void report(abi::Report report, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept;
[[noreturn]] void fail(ModuleState* module, const char* message, std::size_t length) noexcept;
/// Rings the executor's own thread from another thread of the domain.
void wake_self(Executor& executor) noexcept;
/// Guards the deadlines of an executor that is passed_through, for a short section that calls
/// nobody. What lock_deadlines() gives goes to unlock_deadlines(). Not in a domain of one thread.
[[nodiscard]] std::uint64_t lock_deadlines(Executor& executor) noexcept;
void unlock_deadlines(Executor& executor, std::uint64_t state) noexcept;
/// Records something on a thread that only passes through. Not in a domain of one thread.
void record_passing(trace::What what, const std::uint64_t (&words)[trace::kArgs]) noexcept;
} // namespace platform

} // namespace cw
