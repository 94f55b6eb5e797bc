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

void refuse_suspended_calls(Pending* pool, const ModuleState& stopped) noexcept {
    for (std::uint32_t i = 0; i < kPoolPendings; ++i) {
        Pending& pending = pool[i];
        if (!__atomic_load_n(&pending.started, __ATOMIC_ACQUIRE)) // [A13]
            continue;
        const auto* handler = static_cast<const PromiseBase*>(pending.handler);
        if (handler->ready.module == &stopped && claim_answer(pending))
            answer_locally(pending, Status::peer_died, nullptr, 0);
    }
}

void forget_waiters(Pending* pool) noexcept {
    for (std::uint32_t i = 0; i < kPoolPendings; ++i)
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
    Ready* item = executor.ready;
    executor.ready = nullptr;
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
        if (pending.end != nullptr || pending.alone) { // its channel is closed; nobody answers
            pool_give(pending);
            return;
        }
        pending.outcome.set_state(PendingState::abandoned);
        if (pending.started) { // the sooner its callee answers the better
            auto* handler = static_cast<PromiseBase*>(pending.handler);
            if (handler->ready.module->home == &executor)
                cancel_coroutine(executor, *handler);
        }
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
    for (std::uint32_t i = 0; i < executor.module_count; ++i) {
        if (executor.modules[i] == &module)
            executor.modules[i] = executor.modules[--executor.module_count];
    }
    drop_all_ready(executor, module);
    for (std::uint32_t i = 0; i < executor.deadline_count;) {
        if (executor.deadlines[i]->module == &module) {
            disarm_deadline(executor, *executor.deadlines[i]);
            i = 0; // the heap has changed its order
        } else {
            ++i;
        }
    }
    for (Pending*& waiter : executor.interrupt_waiter) {
        if (waiter != nullptr && waiter->module == &module) {
            pool_give(*waiter);
            waiter = nullptr;
            --executor.interrupt_waiters;
        }
    }
    for (std::uint32_t i = 0; i < kPoolPendings; ++i)
        abandon(executor, module.pendings[i]);
    for (std::uint32_t i = 0; i < executor.module_count; ++i)
        refuse_suspended_calls(executor.modules[i]->pendings, module);
}

bool report_if_unknown(Executor& executor, ModuleState& module) noexcept {
    for (std::uint32_t i = 0; i < executor.module_count; ++i) {
        if (executor.modules[i] == &module)
            return false; // not abandoned yet
    }
    for (std::uint32_t i = 0; i < kPoolPendings; ++i) {
        if (module.pendings[i].outcome.state() != PendingState::free)
            return false;
    }
    platform::report(abi::Report::module_removed, module.id, 0, 0);
    return true;
}

} // namespace runtime

} // namespace cw
