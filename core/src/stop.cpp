// Modules that will never run again, whether they were removed or broke.
#include "runtime.hpp"
#include <cw/core/stop.hpp>

namespace cw {

using namespace runtime;

void stop_module(ModuleState& module) noexcept {
    ModuleGate::stop(module.gate);
    refuse_mailbox(module);
}

void refuse_mailbox(ModuleState& module) noexcept {
    Request* oldest = ModuleGate::oldest_first(module.mailbox.exchange(nullptr, Order::acquire));
    while (oldest != nullptr) { // [A4]
        Request& request = *oldest;
        oldest = request.next;
        if (request.origin == nullptr)
            answer_locally(pending_of_request(request), Status::peer_died, nullptr, 0);
    }
}

void refuse_calls(Pending* pool, std::uint32_t entries, const ModuleState& stopped) noexcept {
    for (std::uint32_t i = 0; i < entries; ++i) {
        // Which call it is now, if any: its caller may be using the entry for another one.
        if (pool[i].unanswered.load(Order::acquire) && pool[i].callee == &stopped) // [A13]
            answer_locally(pool[i], Status::peer_died, nullptr, 0);
    }
}

void forget_waiters(Pending* pool, std::uint32_t entries) noexcept {
    for (std::uint32_t i = 0; i < entries; ++i)
        pool[i].coroutine = nullptr;
}

namespace runtime {

void drop_ready(Executor& executor, Ready& ready) noexcept {
    ModuleState& module = *ready.module;
    if (ready.kind == ReadyKind::coroutine)
        return;
    Pending& pending =
        ready.kind == ReadyKind::call_waiter ? pending_of_waiter(ready) : pending_of_answer(ready);
    if (ready.kind == ReadyKind::call_waiter) {
        pending.outcome.set(Outcome::kInReady, false);
        if (pending.outcome.state() == PendingState::discarded)
            pool_give(pending);
        return;
    }
    pending.coroutine = nullptr;
    finish(executor, pending);
    report_if_unknown(executor, module);
}

void drop_all_ready(Executor& executor, ModuleState& module) noexcept {
    take_inbox(executor);
    Ready* item = executor.ready;
    executor.ready = nullptr;
    executor.errands.ready = false;
    while (item != nullptr) {
        Ready* next = item->next;
        if (item->module == &module)
            drop_ready(executor, *item);
        else
            push_local(executor, *item);
        item = next;
    }
}

namespace {

/// Gives up one entry of an abandoned module's own pool. Afterwards it is free, or the answer that
/// is still to come frees it.
void abandon(Executor& executor, Pending& pending) noexcept {
    pending.coroutine = nullptr;
    switch (pending.outcome.state()) {
    case PendingState::queued:
    case PendingState::in_flight:
    case PendingState::given_up:
    case PendingState::abandoned:
        pending.outcome.set_state(PendingState::abandoned);
        if (pending.callee != nullptr)
            tell_handler(executor, pending); // the sooner it answers the better
        else
            pool_give(pending); // its channel is closed, or only time would have ended it
        return;
    case PendingState::done:
        pool_give(pending);
        return;
    default:
        return;
    }
}

} // namespace

void abandon_module(Executor& executor, ModuleState& module) noexcept {
    drop_all_ready(executor, module);
    for (ClientEnd& end : executor.clients) {
        if (end.module == &module && end.lingering)
            report_pool_unused(end); // its futures never go on
    }
    for (Pending*& waiter : executor.interrupt_waiter) {
        if (waiter != nullptr && waiter->module == &module) {
            waiter = nullptr;
            --executor.errands.interrupt_waiters;
        }
    }
    for (std::uint32_t i = 0; i < module.pool_entries; ++i) {
        Pending& pending = module.pendings[i];
        if (pending.outcome.has(Outcome::kArmed))
            disarm_deadline(executor, pending);
        abandon(executor, pending);
        if (pending.outcome.has(Outcome::kArmed)) // handlers are told once
            disarm_deadline(executor, pending);
    }
    for (std::uint32_t i = 0; i < executor.module_count; ++i)
        refuse_calls(executor.modules[i]->pendings, executor.modules[i]->pool_entries, module);
    // At last, since from now on report_if_unknown() tells.
    for (std::uint32_t i = 0; i < executor.module_count; ++i) {
        if (executor.modules[i] == &module)
            executor.modules[i] = executor.modules[--executor.module_count];
    }
}

bool report_if_unknown(Executor& executor, ModuleState& module) noexcept {
    for (std::uint32_t i = 0; i < executor.module_count; ++i) {
        if (executor.modules[i] == &module)
            return false; // not abandoned yet
    }
    for (std::uint32_t i = 0; i < module.pool_entries; ++i) {
        if (module.pendings[i].outcome.state() != PendingState::free)
            return false;
    }
    platform::report(abi::Report::module_removed, module.id, 0, 0);
    return true;
}

} // namespace runtime

} // namespace cw
