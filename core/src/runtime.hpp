// What the parts of the executor know of each other. Private to core.
#pragma once
#include <cw/core/arch/context.hpp>
#include <cw/core/executor.hpp>
#include <cw/core/pending.hpp>
#include <cw/core/ring_submit.hpp>
#include <cw/core/task.hpp>

namespace cw::runtime {

/// False in a user domain, which has one thread: then the gate needs no atomic operations here.
#ifdef CW_ONE_THREAD
inline constexpr bool kManyThreads = false;
#else
inline constexpr bool kManyThreads = true;
#endif

/// Keeps the compiler from computing a constant before the executor's loop: no register survives a
/// sleep, so it would be loaded in each round, whether that needs it or not.
template <class T>
[[gnu::always_inline]] inline void keep_here(T& value) noexcept {
    asm volatile("" : "+r"(value));
}

/// The executor whose loop this is: what tp points to, where a thread has just that.
[[nodiscard, gnu::always_inline]] inline Executor& own_executor(Executor& given) noexcept {
    static_assert(offsetof(Executor, context) == 0);
    if constexpr (kManyThreads)
        return given;
    return *reinterpret_cast<Executor*>(arch::context());
}

[[nodiscard]] inline Pending& pending_of_waiter(Ready& ready) noexcept {
    return *reinterpret_cast<Pending*>(reinterpret_cast<std::uint64_t>(&ready) -
                                       offsetof(Pending, waiter));
}
[[nodiscard]] inline Pending& pending_of_answer(Ready& ready) noexcept {
    return *reinterpret_cast<Pending*>(reinterpret_cast<std::uint64_t>(&ready) -
                                       offsetof(Pending, answer_link));
}
[[nodiscard]] inline Pending& pending_of_request(Request& request) noexcept {
    return *reinterpret_cast<Pending*>(reinterpret_cast<std::uint64_t>(&request) -
                                       offsetof(Pending, request));
}

/// True if the module's gate is ours now. Otherwise whoever holds it rings this executor when it
/// leaves.
[[nodiscard]] bool enter_shared_module(ModuleState& module) noexcept;

/// One of the two bits of a gate, in its byte. In a domain of one thread only.
template <std::uint64_t kBit>
[[nodiscard, gnu::always_inline]] inline unsigned char* gate_byte(ModuleState& module) noexcept {
    static_assert(kBit == 1 || kBit == 1u << 8);
    return reinterpret_cast<unsigned char*>(&module.gate) + (kBit == 1 ? 0 : 1);
}

[[nodiscard, gnu::always_inline]] inline bool enter_module(ModuleState& module) noexcept {
    if constexpr (kManyThreads)
        return enter_shared_module(module);
    __atomic_store_n(gate_byte<kGateHeld>(module), 1, __ATOMIC_RELAXED);
    return true;
}

/// True if the module will never run again. What is left of it is its home executor's to clear up.
[[nodiscard]] inline bool is_stopped(const ModuleState& module) noexcept {
    return ModuleGate::stopped(module.gate);
}

/// Leaves it, and makes sure that requests queued meanwhile are looked at.
[[gnu::always_inline]] inline void leave_module(Executor& executor, ModuleState& module) noexcept {
    bool queued = false;
    if constexpr (kManyThreads) {
        if ((module.flags & abi::kModuleConcurrent) != 0)
            return;
        queued = ModuleGate::leave(module.gate);
    } else {
        __atomic_store_n(gate_byte<kGateHeld>(module), 0, __ATOMIC_RELAXED);
        queued = __atomic_load_n(gate_byte<kGateQueued>(module), __ATOMIC_RELAXED) != 0;
    }
    if (queued) [[unlikely]]
        executor.errands.attention.store(1, Order::release); // [R10]
}

/// Puts a copy of a message of ours, which is published next, beside the index.
[[gnu::always_inline]] inline void copy_beside(ProducerWords<NativeSync>& words,
                                               std::uint32_t tail,
                                               const RingMessage& message) noexcept {
    if constexpr (arch::kCopyBesideTail)
        RingProducer<NativeSync>::copy_beside(words,
                                              tail,
                                              {message.head.load(Order::relaxed),
                                               message.words[0].load(Order::relaxed),
                                               message.words[1].load(Order::relaxed),
                                               message.words[2].load(Order::relaxed),
                                               message.words[3].load(Order::relaxed),
                                               message.words[4].load(Order::relaxed),
                                               message.words[5].load(Order::relaxed)});
}

/// From a thread that passes through: its home executor has to flush this end. See
/// run_submitted().
void note_submitted(ClientEnd& end) noexcept;

/// As mark_dirty(), for calls that were submitted. Where other threads pass through the module, the
/// list is not theirs, and nobody may flush the ring but under the module's gate.
[[gnu::always_inline]] inline void mark_submitted(ClientEnd& end) noexcept {
    if constexpr (kManyThreads) {
        if (end.submissions.executor->passed_through) [[unlikely]] {
            note_submitted(end);
            return;
        }
    }
    mark_dirty(end.submissions);
}

/// Makes a home executor look at its inbox, mailboxes and deadlines. From any thread.
void call_attention(Executor& home) noexcept;

/// The answer has come (and is in the Pending if it was in flight): resumes who awaits it, or frees
/// it if nobody does. Requires: the gate is held, nothing else runs on this executor's stack above
/// the loop.
void finish(Executor& executor, Pending& pending) noexcept;
/// The outcome is decided; the waiter is resumed by the loop. From anywhere on the home executor
/// with the gate held.
void make_ready(Executor& executor, Pending& pending, PendingState state) noexcept;
/// The caller no longer waits: it gets `status` now, and the answer that comes later is dropped.
/// Requires: the gate is held.
void give_up(Executor& executor, Pending& pending, Status status) noexcept;

/// Runs what waits in a module's mailbox. Requires: on its home executor.
void run_mailbox(Executor& executor, ModuleState& module) noexcept;
/// Starts one request from a mailbox. Requires: the gate is held.
void run_request(Executor& executor, const ModuleState& module, Request& request) noexcept;
/// Writes the answer to a request of the same domain and tells its caller's executor, unless that
/// was done before.
/// Ordering: [A13] acquire, pairs with [R13] in queue() and suspended(): who answers sees who
/// calls.
void answer_locally(Pending& pending,
                    Status status,
                    const std::uint64_t* words,
                    std::uint32_t count) noexcept;

/// Room for a synchronous call of this channel's client that must be queued; null if the client
/// holds more than its credits.
[[nodiscard]] QueuedCall* allocate_queued(ServerEnd& end) noexcept;
void release_queued(ServerEnd& end, QueuedCall& call) noexcept;

/// From now on calls are held in the overflow list. Requires: the channel's pool is empty.
void hold_calls(ClientEnd& end) noexcept;
/// Submits calls that are held, as far as there are credits; stops holding when nothing is left.
void submit_held(ClientEnd& end) noexcept;
/// A completion that is not the common case: errors, calls given up, credits that others wait for.
/// False: the peer lied.
[[nodiscard]] bool complete_slowly(Executor& executor,
                                   ClientEnd& end,
                                   const RingMessage& message,
                                   std::uint64_t head) noexcept;
void complete_remotely(ServerEnd& end,
                       std::uint32_t cookie,
                       Status status,
                       const std::uint64_t* words,
                       std::uint32_t count) noexcept;
/// A request that is not of the plain methods: buffers to be checked, a cancellation, nonsense.
/// False: the channel is closed now.
[[nodiscard]] bool serve_rarely(Executor& executor,
                                ServerEnd& end,
                                const RingMessage& message,
                                std::uint64_t cookie,
                                std::uint64_t code_and_flags) noexcept;
/// What a handler returned other than a reply that is there.
void finish_request(ServerEnd& end, std::uint32_t cookie, abi::RawFuture result) noexcept;
void cancel_remote(Executor& executor, ServerEnd& end, std::uint32_t cookie) noexcept;
void close_client(Executor& executor, ClientEnd& end) noexcept;
void close_server(Executor& executor, ServerEnd& end) noexcept;
/// Reports a server end that is to go, once none of its handlers is under way.
void report_if_quiet(ServerEnd& end) noexcept;
/// Reports a closed client end of whose pool no future holds an entry any more.
void report_pool_unused(ClientEnd& end) noexcept;
void fault_client(Executor& executor, ClientEnd& end) noexcept;
void fault_server(Executor& executor, ServerEnd& end) noexcept;
void link_suspended(ServerEnd& end, PromiseBase& promise) noexcept;
void unlink_suspended(PromiseBase& promise) noexcept;
/// The handler of a call within the domain suspended: it answers later. Requires: its gate is held.
void start_pending(Pending& pending, PromiseBase& handler) noexcept;
/// Tells the handler of a call within the domain that nobody waits any more. It belongs to another
/// module, which other threads may be in: that one's gate is tried, never waited for. If it is
/// closed a deadline is armed, to try again.
void tell_handler(Executor& executor, Pending& pending) noexcept;
/// Passes a cancellation down to the call that a coroutine waits for.
void cancel_coroutine(Executor& executor, PromiseBase& promise) noexcept;

/// Puts an entry on a home executor's list: its own if that is this thread's, its inbox otherwise.
void push(Executor& home, Ready& ready) noexcept;
void push_local(Executor& executor, Ready& ready) noexcept;
/// What came from other threads goes to the end of the executor's own list.
void take_inbox(Executor& executor) noexcept;
/// Runs one entry taken from the list.
void run_ready(Executor& executor, Ready& ready) noexcept;
/// Lets an entry of a stopped module go: nobody is resumed.
void drop_ready(Executor& executor, Ready& ready) noexcept;
/// Takes the entries of a stopped module out of the executor's list.
void drop_all_ready(Executor& executor, ModuleState& module) noexcept;
/// The module will never run again: takes it out of the executor's lists, answers calls of the
/// executor's modules to it, and gives up what it waits for itself. Requires: no thread but this
/// executor's is in it, no slot leads to it, all its channels are closed.
void abandon_module(Executor& executor, ModuleState& module) noexcept;
/// Tells the kernel of an abandoned module when the last answer to it has come: then nobody knows
/// it any more. True: it was told, the module may be gone.
bool report_if_unknown(Executor& executor, ModuleState& module) noexcept;
/// No longer polls a ring, and forgets what its end has published.
void remove_ring(Executor& executor,
                 const RingConsumer<NativeSync>& ring,
                 Outgoing& outgoing) noexcept;
[[gnu::always_inline]] inline void set_hot(Executor& executor, PolledRing* place) noexcept {
    executor.hot_place = place;
    executor.hot = *place;
}

/// From any thread that holds the gate of the pending call's module.
void arm_deadline(Executor& executor, Pending& pending, std::uint64_t ticks) noexcept;
void disarm_deadline(Executor& executor, Pending& pending) noexcept;
/// Completes what is overdue; returns the next deadline or kNoDeadline.
std::uint64_t run_deadlines(Executor& executor) noexcept;

} // namespace cw::runtime
