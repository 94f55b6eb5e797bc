// Calls inside a domain that could not be plain function calls: mailboxes, suspended handlers, cancellation, ready lists.
#include "runtime.hpp"
#include <cw/core/arch/context.hpp>

namespace cw::runtime {

bool enter_module(ModuleState& module) noexcept {
    if ((module.flags & abi::kModuleConcurrent) != 0)
        return true;
    if ((module.gate.fetch_or(kGateHeld, Order::acquire) & kGateHeld) == 0) // [A3]
        return true;
    // Whoever holds it sees kGateQueued when it leaves, and rings us; unless it left between the two steps.
    return (module.gate.fetch_or(kGateQueued | kGateHeld, Order::acquire) & kGateHeld) == 0;
}

void leave_module(ModuleState& module) noexcept {
    if ((module.flags & abi::kModuleConcurrent) == 0)
        module.gate.fetch_and(~std::uint64_t{kGateHeld}, Order::release); // [R3]
}

void push_local(Executor& executor, Ready& ready) noexcept {
    ready.next = nullptr;
    if (executor.ready == nullptr)
        executor.ready = &ready;
    else
        executor.ready_last->next = &ready;
    executor.ready_last = &ready;
}

void push(Executor& home, Ready& ready) noexcept {
    if (arch::context()->executor == &home) {
        push_local(home, ready);
        return;
    }
    Ready* head = home.inbox.load(Order::relaxed);
    do {
        ready.next = head;
    } while (!home.inbox.compare_exchange(head, &ready, Order::release, Order::relaxed)); // [R5]
    platform::wake_self(home);
}

void finish(Executor& executor, Pending& pending) noexcept {
    if (pending.heap_index != kNoHeapIndex) [[unlikely]]
        disarm_deadline(executor, pending);
    if (pending.state == PendingState::abandoned) [[unlikely]] {
        if (pending.in_ready)
            pending.state = PendingState::discarded;
        else
            free_pending(pending);
        return;
    }
    const bool told = pending.state == PendingState::given_up;
    pending.state = PendingState::done;
    if (void* coroutine = pending.waiter.coroutine; coroutine != nullptr && !told) {
        pending.waiter.coroutine = nullptr;
        std::coroutine_handle<>::from_address(coroutine).resume();
    }
}

void make_ready(Executor& executor, Pending& pending, PendingState state) noexcept {
    pending.state = state;
    if (pending.heap_index != kNoHeapIndex)
        disarm_deadline(executor, pending);
    if (pending.waiter.coroutine != nullptr && !pending.in_ready) {
        pending.in_ready = true;
        push_local(executor, pending.waiter);
    }
}

void run_ready(Executor& executor, Ready& ready) noexcept {
    ModuleState& module = *ready.module;
    if (!enter_module(module)) {
        push_local(executor, ready); // the holder rings us when it leaves
        return;
    }
    if (ready.kind == ReadyKind::coroutine) {
        std::coroutine_handle<>::from_address(ready.coroutine).resume();
    } else if (ready.kind == ReadyKind::call_waiter) {
        Pending& pending = pending_of_waiter(ready);
        pending.in_ready = false;
        void* coroutine = pending.waiter.coroutine;
        pending.waiter.coroutine = nullptr;
        if (pending.state == PendingState::discarded)
            free_pending(pending);
        else if (coroutine != nullptr)
            std::coroutine_handle<>::from_address(coroutine).resume();
    } else {
        Pending& pending = pending_of_answer(ready);
        if (pending.state == PendingState::in_flight || pending.state == PendingState::queued)
            pending.status = pending.answer;
        finish(executor, pending);
    }
    leave_module(module);
}

namespace {

void unlink_overflow(ClientEnd& end, Pending& pending) noexcept {
    Pending* before = nullptr;
    for (Pending* item = end.overflow; item != nullptr; item = reinterpret_cast<Pending*>(item->request.next)) {
        if (item == &pending) {
            if (before == nullptr)
                end.overflow = reinterpret_cast<Pending*>(pending.request.next);
            else
                before->request.next = pending.request.next;
            if (end.overflow_last == &pending)
                end.overflow_last = before;
            return;
        }
        before = item;
    }
}

void unlink_suspended(PromiseBase& promise) noexcept {
    if (promise.suspended_link == nullptr)
        return;
    *promise.suspended_link = promise.next_suspended;
    if (promise.next_suspended != nullptr)
        promise.next_suspended->suspended_link = promise.suspended_link;
    promise.suspended_link = nullptr;
}

/// Queues behind the requests before it and makes sure that the home executor looks.
void enqueue(ModuleState& callee, Request& request) noexcept {
    Request* head = callee.mailbox.load(Order::relaxed);
    do {
        request.next = head;
    } while (!callee.mailbox.compare_exchange(head, &request, Order::release, Order::relaxed)); // [R4]
    const std::uint64_t before = callee.gate.fetch_or(kGateQueued, Order::acq_rel);
    if ((before & kGateHeld) == 0) // nobody is inside who would see the bit on leaving
        platform::wake_self(*callee.home);
}

} // namespace

void give_up(Executor& executor, Pending& pending, Status status) noexcept {
    if (pending.state != PendingState::in_flight && pending.state != PendingState::queued)
        return;
    pending.status = status;
    ClientEnd* end = pending.end;
    if (pending.state == PendingState::queued && (end != nullptr || pending.alone)) { // never submitted: no answer will come
        if (end != nullptr)
            unlink_overflow(*end, pending);
        pending.alone = false;
        make_ready(executor, pending, PendingState::done);
        return;
    }
    if (end != nullptr) {
        if (end->submissions.free_slots() != 0) { // always, unless the peer lies: see kSubmissionSlots
            RingMessage& message = end->submission_slots[end->submissions.slot()];
            message.head.store(abi::message_head(pending.cookie, 0, abi::kMessageCancel), Order::relaxed);
            end->submissions.publish();
            executor.dirty_clients |= std::uint64_t{1} << end->index;
        }
    } else if (pending.started) {
        PromiseBase* handler = reinterpret_cast<PromiseBase*>(pending.request.next);
        if (handler->ready.module->home == &executor)
            cancel_coroutine(executor, *handler);
    }
    make_ready(executor, pending, PendingState::given_up);
}

void cancel_coroutine(Executor& executor, PromiseBase& promise) noexcept {
    PromiseBase* leaf = &promise;
    leaf->cancelled = true;
    while (leaf->awaited_task != nullptr) {
        leaf = leaf->awaited_task;
        leaf->cancelled = true;
    }
    if (leaf->awaited_call != nullptr)
        give_up(executor, *leaf->awaited_call, Status::cancelled);
}

void answer_locally(Pending& pending, Status status, const std::uint64_t* words, std::uint32_t count) noexcept {
    for (std::uint32_t i = 0; i < count; ++i)
        pending.request.words[i] = words[i];
    pending.answer = status;
    pending.answer_link.kind = ReadyKind::call_answer;
    pending.answer_link.module = pending.waiter.module;
    push(*pending.waiter.module->home, pending.answer_link);
}

bool run_mailbox(Executor& executor, ModuleState& module) noexcept {
    if ((module.gate.load(Order::relaxed) & kGateQueued) == 0 || !enter_module(module))
        return false;
    // Clear the bit first and drain then: who queues from now on sets it again, and we look again.
    module.gate.fetch_and(~std::uint64_t{kGateQueued}, Order::acq_rel);
    Request* newest = module.mailbox.exchange(nullptr, Order::acquire); // [A4]
    Request* oldest = nullptr;
    while (newest != nullptr) {
        Request* next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    bool ran = false;
    while (oldest != nullptr) {
        Request& request = *oldest;
        oldest = request.next;
        ran = true;
        run_request(executor, module, request);
    }
    leave_module(module);
    return ran;
}

void run_request(Executor& executor, ModuleState& module, Request& request) noexcept {
    static_cast<void>(module);
    const std::uint64_t* w = request.words;
    std::uint64_t reply[6] = {};
    ServerEnd* origin = request.origin;
    Pending* pending = origin == nullptr ? reinterpret_cast<Pending*>(&request) : nullptr;
    const std::uint32_t cookie = request.cookie;
    const std::uint32_t reply_words = request.reply_words;
    const InvokeFn invoke = request.invoke;
    const std::uint64_t words[6] = {w[0], w[1], w[2], w[3], w[4], w[5]};
    executor.serving = origin;
    if (origin != nullptr)
        release_request(*origin, request);
    const abi::RawFuture result = invoke(reply, words[0], words[1], words[2], words[3], words[4], words[5]);
    if (result.state == abi::kStateSuspended) {
        PromiseBase& promise = *reinterpret_cast<PromiseBase*>(result.value);
        if (origin != nullptr) {
            promise.ticket = {origin, cookie, true};
            link_suspended(*origin, promise);
        } else {
            promise.ticket = {pending, 0, false};
            pending->request.next = reinterpret_cast<Request*>(&promise);
            pending->started = true;
        }
        return;
    }
    if (reply_words <= 1)
        reply[0] = result.value;
    const std::uint32_t count = result.state == 0 ? reply_words : 0;
    if (origin != nullptr)
        complete_remotely(executor, *origin, cookie, static_cast<Status>(result.state), reply, count);
    else
        answer_locally(*pending, static_cast<Status>(result.state), reply, count);
}

void forget_module(Executor& executor, ModuleState& module) noexcept {
    for (std::uint32_t i = 0; i < executor.module_count; ++i) {
        if (executor.modules[i] == &module)
            executor.modules[i] = executor.modules[--executor.module_count];
    }
    Ready* item = executor.ready;
    executor.ready = nullptr;
    while (item != nullptr) {
        Ready* next = item->next;
        if (item->module != &module)
            push_local(executor, *item);
        item = next;
    }
    for (std::uint32_t i = 0; i < kMaxPendings; ++i)
        disarm_deadline(executor, module.pendings[i]);
    for (Pending*& waiter : executor.interrupt_waiter) {
        if (waiter != nullptr && waiter->waiter.module == &module) {
            waiter = nullptr;
            --executor.interrupt_waiters;
        }
    }
    for (ClientEnd& end : executor.clients) {
        if (end.module == &module)
            end.module = nullptr;
    }
    for (ServerEnd& end : executor.servers) {
        if (end.module == &module)
            end.module = nullptr;
    }
}

// What modules reach through RuntimeOps.
namespace ops {

abi::RawFuture queue(ModuleState* callee, const abi::Slot* slot, InvokeFn invoke, const std::uint64_t* words) {
    Edge& edge = *slot->edge;
    ++callee->calls_queued;
    Request* request = nullptr;
    abi::RawFuture result{0, 0};
    if (edge.server != nullptr) { // a synchronous call from another domain
        request = allocate_request(*edge.server);
        if (request == nullptr)
            return {0, static_cast<std::uint64_t>(Status::no_resource)};
        request->origin = edge.server;
        request->cookie = static_cast<std::uint32_t>(arch::context()->cookie);
        result.state = abi::kStateQueued;
    } else {
        Pending* pending = allocate_pending(*edge.client);
        if (pending == nullptr)
            return {0, static_cast<std::uint64_t>(Status::no_memory)};
        pending->state = PendingState::queued;
        pending->started = false;
        request = &pending->request;
        request->origin = nullptr;
        result.state = reinterpret_cast<std::uint64_t>(pending);
    }
    for (int i = 0; i < 6; ++i)
        request->words[i] = words[i];
    request->invoke = invoke;
    request->reply_words = edge.reply_words;
    enqueue(*callee, *request);
    return result;
}

void gate_left(ModuleState* module) { platform::wake_self(*module->home); }

abi::RawFuture suspended(const abi::Slot* slot, PromiseBase* promise) {
    Edge& edge = *slot->edge;
    if (edge.server != nullptr) {
        promise->ticket = {edge.server, static_cast<std::uint32_t>(arch::context()->cookie), true};
        link_suspended(*edge.server, *promise);
        return {0, abi::kStateQueued};
    }
    Pending* pending = allocate_pending(*edge.client); // there is one: the entry looked before it ran the handler
    pending->state = PendingState::in_flight;
    pending->started = true;
    pending->request.next = reinterpret_cast<Request*>(promise);
    promise->ticket = {pending, 0, false};
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

void complete(PromiseBase* promise, Status status, const std::uint64_t* words, std::uint32_t count) {
    if (promise->ticket.remote) {
        unlink_suspended(*promise);
        ServerEnd& end = *static_cast<ServerEnd*>(promise->ticket.target);
        complete_remotely(*promise->ready.module->home, end, promise->ticket.cookie, status, words, status == Status::ok ? count : 0);
        if (end.closed && end.suspended == nullptr)
            platform::report(abi::Report::end_closed, end.index, 0, 0);
    } else {
        answer_locally(*static_cast<Pending*>(promise->ticket.target), status, words, status == Status::ok ? count : 0);
    }
}

void ready(Ready* entry) { push(*entry->module->home, *entry); }

void set_deadline(Pending* pending, std::uint64_t ticks) {
    arm_deadline(*pending->waiter.module->home, *pending, ticks);
}

void cancel(Pending* pending) { give_up(*pending->waiter.module->home, *pending, Status::cancelled); }

abi::RawFuture sleep(ModuleState* module, std::uint64_t ticks) {
    Pending* pending = allocate_pending(*module);
    if (pending == nullptr)
        return {0, static_cast<std::uint64_t>(Status::no_memory)};
    pending->state = PendingState::queued;
    pending->started = false;
    pending->end = nullptr;
    pending->alone = true;
    arm_deadline(*module->home, *pending, ticks);
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

abi::RawFuture wait_interrupt(ModuleState* module, std::uint64_t index) {
    Executor& executor = *module->home;
    if (index >= kMaxExecutorInterrupts)
        return {0, static_cast<std::uint64_t>(Status::out_of_range)};
    if (executor.interrupt_waiter[index] != nullptr)
        return {0, static_cast<std::uint64_t>(Status::busy)};
    const std::uint64_t count = executor.interrupt_counts[index].load(Order::acquire); // [A9]
    if (count != executor.interrupts_seen[index]) {
        executor.interrupts_seen[index] = count;
        return {count, 0};
    }
    Pending* pending = allocate_pending(*module);
    if (pending == nullptr)
        return {0, static_cast<std::uint64_t>(Status::no_memory)};
    pending->state = PendingState::in_flight;
    pending->started = false;
    pending->end = nullptr;
    executor.interrupt_waiter[index] = pending;
    ++executor.interrupt_waiters;
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

void release(Pending* pending) {
    if (pending->heap_index != kNoHeapIndex)
        disarm_deadline(*pending->waiter.module->home, *pending);
    pending->waiter.coroutine = nullptr;
    if (pending->state == PendingState::queued && (pending->end != nullptr || pending->alone)) {
        if (pending->end != nullptr)
            unlink_overflow(*pending->end, *pending);
        pending->alone = false;
        pending->state = PendingState::done;
    }
    if (pending->state != PendingState::done)
        pending->state = PendingState::abandoned;
    else if (pending->in_ready)
        pending->state = PendingState::discarded;
    else
        free_pending(*pending);
}

} // namespace ops

} // namespace cw::runtime
