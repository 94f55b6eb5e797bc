// What the parts of the executor know of each other. Private to core.
#pragma once
#include <cw/core/arch/context.hpp>
#include <cw/core/executor.hpp>
#include <cw/core/pending.hpp>
#include <cw/core/task.hpp>

namespace cw::runtime {

/// False in a user domain, which has one thread: then the gate needs no atomic operations here.
#ifdef CW_ONE_THREAD
inline constexpr bool kManyThreads = false;
#else
inline constexpr bool kManyThreads = true;
#endif

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

[[nodiscard, gnu::always_inline]] inline bool enter_module(ModuleState& module) noexcept {
    if constexpr (kManyThreads)
        return enter_shared_module(module);
    module.gate.store(kGateHeld | module.gate.load(Order::relaxed), Order::relaxed);
    return true;
}

/// Leaves it, and makes sure that requests queued meanwhile are looked at.
[[gnu::always_inline]] inline void leave_module(Executor& executor, ModuleState& module) noexcept {
    bool queued = false;
    if constexpr (kManyThreads) {
        if ((module.flags & abi::kModuleConcurrent) != 0)
            return;
        queued = ModuleGate::leave(module.gate);
    } else {
        const std::uint64_t before = module.gate.load(Order::relaxed);
        module.gate.store(before & ~std::uint64_t{kGateHeld}, Order::relaxed);
        queued = before != kGateHeld;
    }
    if (queued) [[unlikely]]
        executor.attention.store(1, Order::release); // [R10]
}

/// Makes sure that the wake-up for what was just published is looked at before the executor sleeps.
[[gnu::always_inline]] inline void mark_dirty(Outgoing& outgoing) noexcept {
    if (outgoing.dirty)
        return; // once for a batch
    outgoing.dirty = true;
    Executor& executor = *outgoing.executor;
    executor.dirty[executor.dirty_count++] = &outgoing;
}

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
void run_request(Executor& executor, Request& request) noexcept;
/// Writes the answer to a request of the same domain and tells its caller's executor.
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
/// Serves a request with buffers, after checking them.
void serve_with_buffers(ServerEnd& end,
                        const RingMessage& message,
                        const abi::MethodEntry& method,
                        std::uint32_t cookie) noexcept;
/// What a handler returned other than a reply that is there.
void finish_request(ServerEnd& end, std::uint32_t cookie, abi::RawFuture result) noexcept;
void cancel_remote(Executor& executor, ServerEnd& end, std::uint32_t cookie) noexcept;
void close_client(Executor& executor, ClientEnd& end) noexcept;
void close_server(Executor& executor, ServerEnd& end) noexcept;
/// Reports a server end that is to go, once none of its requests is under way.
void report_if_quiet(ServerEnd& end) noexcept;
void fault_client(Executor& executor, ClientEnd& end) noexcept;
void fault_server(Executor& executor, ServerEnd& end) noexcept;
void link_suspended(ServerEnd& end, PromiseBase& promise) noexcept;
void unlink_suspended(PromiseBase& promise) noexcept;
/// Passes a cancellation down to the call that a coroutine waits for.
void cancel_coroutine(Executor& executor, PromiseBase& promise) noexcept;

/// Puts an entry on a home executor's list: its own if that is this thread's, its inbox otherwise.
void push(Executor& home, Ready& ready) noexcept;
void push_local(Executor& executor, Ready& ready) noexcept;
/// Runs one entry taken from the list.
void run_ready(Executor& executor, Ready& ready) noexcept;
/// Takes everything of a module that will never run again out of the executor's lists.
void forget_module(Executor& executor, ModuleState& module) noexcept;
/// No longer polls an end.
void remove_ring(Executor& executor, const void* end) noexcept;

void arm_deadline(Executor& executor, Pending& pending, std::uint64_t ticks) noexcept;
void disarm_deadline(Executor& executor, Pending& pending) noexcept;
/// Completes what is overdue; returns the next deadline or kNoDeadline.
std::uint64_t run_deadlines(Executor& executor) noexcept;

} // namespace cw::runtime
