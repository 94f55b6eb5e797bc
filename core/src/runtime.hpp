// What the parts of the executor know of each other. Private to core.
#pragma once
#include <cw/core/executor.hpp>
#include <cw/core/pending.hpp>
#include <cw/core/task.hpp>

namespace cw::runtime {

[[nodiscard]] inline Pending& pending_of_waiter(Ready& ready) noexcept {
    return *reinterpret_cast<Pending*>(reinterpret_cast<std::uint64_t>(&ready) - offsetof(Pending, waiter));
}
[[nodiscard]] inline Pending& pending_of_answer(Ready& ready) noexcept {
    return *reinterpret_cast<Pending*>(reinterpret_cast<std::uint64_t>(&ready) - offsetof(Pending, answer_link));
}

/// Takes a Pending from the module's pool; null if it is used up. Requires: the gate is held.
[[nodiscard]] inline Pending* allocate_pending(ModuleState& module) noexcept {
    Pending* pending = module.free_pending;
    if (pending != nullptr)
        module.free_pending = reinterpret_cast<Pending*>(pending->request.next);
    return pending;
}

/// Gives it back under a new generation. Requires: the gate is held; no deadline is armed.
inline void free_pending(Pending& pending) noexcept {
    ModuleState& module = *pending.waiter.module;
    pending.state = PendingState::free;
    pending.waiter.coroutine = nullptr;
    pending.end = nullptr;
    pending.cookie += kMaxPendings;
    pending.request.next = reinterpret_cast<Request*>(module.free_pending);
    module.free_pending = &pending;
}

/// True if the module's gate is ours now. Otherwise the holder will ring this executor when it leaves.
[[nodiscard]] bool enter_module(ModuleState& module) noexcept;
void leave_module(ModuleState& module) noexcept;

/// The answer has come (and is in the Pending if it was in flight): resumes who awaits it, or frees it if nobody does.
/// Requires: the gate is held, nobody else runs on this executor's stack above the loop.
void finish(Executor& executor, Pending& pending) noexcept;
/// As finish(), from anywhere on the home executor with the gate held: the waiter is resumed by the loop.
void make_ready(Executor& executor, Pending& pending, PendingState state) noexcept;
/// The caller no longer waits: it gets `status` now, and the answer that comes later is dropped. Requires: the gate is held.
void give_up(Executor& executor, Pending& pending, Status status) noexcept;

/// Runs what waits in a module's mailbox. Requires: on its home executor.
bool run_mailbox(Executor& executor, ModuleState& module) noexcept;
/// Writes the answer to a request of the same domain and tells its caller's executor.
void answer_locally(Pending& pending, Status status, const std::uint64_t* words, std::uint32_t count) noexcept;

/// Starts one request from a mailbox. Requires: the gate is held.
void run_request(Executor& executor, ModuleState& module, Request& request) noexcept;
/// Room for a synchronous call of this channel's client that must be queued; null if the client holds more than its credits.
[[nodiscard]] Request* allocate_request(ServerEnd& end) noexcept;
void release_request(ServerEnd& end, Request& request) noexcept;

bool poll_client(Executor& executor, ClientEnd& end) noexcept;
bool poll_server(Executor& executor, ServerEnd& end) noexcept;
void complete_remotely(Executor& executor, ServerEnd& end, std::uint32_t cookie, Status status, const std::uint64_t* words, std::uint32_t count) noexcept;
void cancel_remote(Executor& executor, ServerEnd& end, std::uint32_t cookie) noexcept;
void close_client(Executor& executor, ClientEnd& end) noexcept;
void close_server(Executor& executor, ServerEnd& end) noexcept;
void link_suspended(ServerEnd& end, PromiseBase& promise) noexcept;
/// Passes a cancellation down to the call that a coroutine waits for.
void cancel_coroutine(Executor& executor, PromiseBase& promise) noexcept;

/// Puts an entry on a home executor's list: its own if that is this thread's, its inbox otherwise.
void push(Executor& home, Ready& ready) noexcept;
/// Runs one entry taken from the list.
void run_ready(Executor& executor, Ready& ready) noexcept;
void push_local(Executor& executor, Ready& ready) noexcept;

/// Takes everything of a module that will never run again out of the executor's lists.
void forget_module(Executor& executor, ModuleState& module) noexcept;

void arm_deadline(Executor& executor, Pending& pending, std::uint64_t ticks) noexcept;
void disarm_deadline(Executor& executor, Pending& pending) noexcept;
/// Completes what is overdue; returns the next deadline or kNoDeadline.
std::uint64_t run_deadlines(Executor& executor) noexcept;

} // namespace cw::runtime
