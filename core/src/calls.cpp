// Calls inside a domain that could not be plain function calls: mailboxes, suspended handlers,
// cancellation, ready lists.
#include "ops.hpp"
#include "platform_wait.hpp"
#include "runtime.hpp"
#include "trace.hpp"
#include <cw/core/stop.hpp>

namespace cw::runtime {

bool enter_shared_module(ModuleState& module) noexcept {
    if ((module.flags & abi::kModuleConcurrent) != 0)
        return !is_stopped(module);
    return ModuleGate::enter_home(module.gate);
}

void push_local(Executor& executor, Ready& ready) noexcept {
    ready.next = nullptr;
    if (executor.ready == nullptr)
        executor.ready = &ready;
    else
        executor.ready_last->next = &ready;
    executor.ready_last = &ready;
    executor.errands.ready = true;
}

void call_attention(Executor& home) noexcept {
    home.errands.attention.store(1, Order::release); // [R10]
    platform::wake_self(home);
}

void note_submitted(ClientEnd& end) noexcept {
    Executor& home = *end.submissions.executor;
    const std::uint64_t bit = std::uint64_t{1} << end.index;
    if ((home.submitted.fetch_or(bit, Order::release) & bit) == 0) // [R11]
        call_attention(home);
}

void push(Executor& home, Ready& ready) noexcept {
    if (arch::context()->executor == &home)
        push_local(home, ready);
    else
        push_from_outside(home, ready);
}

void push_from_outside(Executor& home, Ready& ready) noexcept {
    Ready* head = home.inbox.load(Order::relaxed);
    do {
        ready.next = head;
    } while (!home.inbox.compare_exchange(head, &ready, Order::release, Order::relaxed)); // [R5]
    call_attention(home);
}

void take_inbox(Executor& executor) noexcept {
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
}

void finish(Executor& executor, Pending& pending) noexcept {
    if (pending.outcome.has(Outcome::kArmed))
        disarm_deadline(executor, pending);
    const PendingState state = pending.outcome.state();
    if (state == PendingState::abandoned) {
        if (pending.outcome.has(Outcome::kInReady))
            pending.outcome.set_state(PendingState::discarded);
        else
            pool_give(pending);
        return;
    }
    pending.outcome.set_state(PendingState::done);
    if (void* coroutine = pending.coroutine;
        coroutine != nullptr && state != PendingState::given_up) {
        pending.coroutine = nullptr;
        note(executor, trace::What::resumed, pending.module->id);
        std::coroutine_handle<>::from_address(coroutine).resume();
        note(executor, trace::What::rested);
    }
}

void make_ready(Executor& executor, Pending& pending, PendingState state) noexcept {
    pending.outcome.set_state(state);
    if (pending.outcome.has(Outcome::kArmed))
        disarm_deadline(executor, pending);
    if (pending.coroutine != nullptr && !pending.outcome.has(Outcome::kInReady)) {
        pending.outcome.set(Outcome::kInReady, true);
        push(executor, pending.waiter);
    }
}

void run_ready(Executor& executor, Ready& ready) noexcept {
    ModuleState& module = *ready.module;
    if (!enter_module(module)) {
        if (is_stopped(module))
            drop_ready(executor, ready);
        else
            push_local(executor, ready); // the holder rings us when it leaves
        return;
    }
    if (ready.kind == ReadyKind::coroutine) {
        note(executor, trace::What::resumed, module.id);
        std::coroutine_handle<>::from_address(ready.coroutine).resume();
        note(executor, trace::What::rested);
    } else if (ready.kind == ReadyKind::call_waiter) {
        Pending& pending = pending_of_waiter(ready);
        pending.outcome.set(Outcome::kInReady, false);
        void* coroutine = pending.coroutine;
        pending.coroutine = nullptr;
        if (pending.outcome.state() == PendingState::discarded)
            pool_give(pending);
        else if (coroutine != nullptr) {
            note(executor, trace::What::resumed, module.id);
            std::coroutine_handle<>::from_address(coroutine).resume();
            note(executor, trace::What::rested);
        }
    } else {
        Pending& pending = pending_of_answer(ready);
        const PendingState state = pending.outcome.state();
        if (state == PendingState::in_flight || state == PendingState::queued) {
            pending.outcome.set_status(pending.answer);
            pending.reply = pending.words;
        }
        note(executor,
             trace::What::completed,
             local_call(pending),
             static_cast<std::uint64_t>(pending.answer));
        finish(executor, pending);
        if (is_stopped(module) && report_if_unknown(executor, module))
            return;
    }
    leave_module(executor, module);
}

namespace {

void unlink_overflow(ClientEnd& end, Pending& pending) noexcept {
    Pending* before = nullptr;
    for (Pending* item = end.overflow; item != nullptr; item = item->next) {
        if (item == &pending) {
            (before == nullptr ? end.overflow : before->next) = pending.next;
            if (end.overflow_last == &pending)
                end.overflow_last = before;
            break;
        }
        before = item;
    }
}

/// True if no answer will come: the call was never submitted, or it is a sleep or waits for an
/// interrupt. Then it is in no list any more.
bool withdraw(Executor& executor, Pending& pending) noexcept {
    const PendingState state = pending.outcome.state();
    if (state == PendingState::queued && pending.end != nullptr) {
        unlink_overflow(*pending.end, pending);
        return true;
    }
    if (state == PendingState::queued && pending.alone) {
        pending.alone = false;
        return true;
    }
    if (state != PendingState::in_flight || pending.end != nullptr || pending.callee != nullptr)
        return false;
    for (Pending*& waiter : executor.interrupt_waiter) {
        if (waiter == &pending) {
            waiter = nullptr;
            --executor.errands.interrupt_waiters;
        }
    }
    return true;
}

/// Tells the callee of a call in flight. Dropped if the callee has not taken kChannelCredits
/// earlier ones: so requests and cancellations that were not taken always fit the ring.
void send_cancel(const Pending& pending) noexcept {
    ClientEnd& end = *pending.end;
    if (end.closed)
        return;
    RingProducer<NativeSync>& ring = end.submissions.ring;
    if (ring.unreleased() <= ring.tail() - end.cancel_end)
        end.cancelling = 0;
    if (end.cancelling == abi::kChannelCredits)
        return;
    RingMessage& message = end.submission_slots[ring.slot()];
    message.head.store(abi::message_head(pending.cookie, 0, abi::kMessageCancel), Order::relaxed);
    ring.publish();
    mark_submitted(end);
    ++end.cancels;
    ++end.cancelling;
    end.cancel_end = ring.tail();
}

} // namespace

void tell_handler(Executor& executor, Pending& pending) noexcept {
    pending.outcome.set(Outcome::kTelling, false);
    ModuleState& callee = *pending.callee;
    if (is_stopped(callee)) // then its home executor answers
        return;
    bool enter = false;
    if constexpr (kManyThreads)
        enter = &callee != pending.module && (callee.flags & abi::kModuleConcurrent) == 0;
    if (enter && ModuleGate::enter(callee.gate) == Entry::queue) {
        const std::uint64_t soon = platform::now() + 1 + executor.start->ticks_per_second / 10'000;
        arm_deadline(executor, pending, soon);
        pending.outcome.set(Outcome::kTelling, true);
        return;
    }
    // Without a gate only the handler's own executor knows that it does not run now.
    if (pending.handler != nullptr && (enter || callee.home == &executor))
        cancel_coroutine(*callee.home, *static_cast<PromiseBase*>(pending.handler));
    if (enter && ModuleGate::leave(callee.gate))
        call_attention(*callee.home);
}

void give_up(Executor& executor, Pending& pending, Status status) noexcept {
    if (pending.outcome.has(Outcome::kTelling)) {
        tell_handler(executor, pending);
        return;
    }
    const PendingState state = pending.outcome.state();
    if (state != PendingState::in_flight && state != PendingState::queued)
        return;
    pending.outcome.set_status(status);
    if (withdraw(executor, pending)) {
        make_ready(executor, pending, PendingState::done);
        return;
    }
    make_ready(executor, pending, PendingState::given_up);
    if (pending.end != nullptr)
        send_cancel(pending);
    else if (pending.callee != nullptr)
        tell_handler(executor, pending);
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

void answer_locally(Pending& pending,
                    Status status,
                    const std::uint64_t* words,
                    std::uint32_t count) noexcept {
    if (!pending.unanswered.exchange(false, Order::acq_rel)) // [A13]
        return;
    for (std::uint32_t i = 0; i < count; ++i)
        pending.words[i] = words[i];
    pending.handler = nullptr;
    pending.answer = status;
    push(*pending.module->home, pending.answer_link);
}

void start_pending(Pending& pending, PromiseBase& handler) noexcept {
    handler.ticket = {&pending, 0, false};
    pending.handler = &handler;
}

void run_mailbox(Executor& executor, ModuleState& module) noexcept {
    Request* oldest = ModuleGate::drain(module.gate, module.mailbox);
    while (oldest != nullptr) {
        Request& request = *oldest;
        oldest = request.next;
        run_request(executor, module, request);
    }
}

void run_request(Executor& executor, const ModuleState& module, Request& request) noexcept {
    const Request copy = request;
    const std::uint64_t words[6] = {
        copy.words[0], copy.words[1], copy.words[2], copy.words[3], copy.words[4], copy.words[5]};
    ServerEnd* origin = copy.origin;
    Pending* pending = origin == nullptr ? &pending_of_request(request) : nullptr;
    executor.serving = origin;
    if (origin == nullptr)
        executor.caller = pending->module->id;
    if (origin != nullptr)
        release_queued(*origin, *reinterpret_cast<QueuedCall*>(&request));
    std::uint64_t reply[6] = {};
    const std::uint64_t call =
        origin != nullptr ? call_at(executor, *origin, copy.cookie) : local_call(*pending);
    note(executor, trace::What::started, call, copy.opcode, module.id);
    // One of those before it may have stopped the module.
    const abi::RawFuture result =
        is_stopped(module)
            ? abi::RawFuture{0, static_cast<std::uint64_t>(Status::peer_died)}
            : copy.invoke(reply, words[0], words[1], words[2], words[3], words[4], words[5]);
    note(executor, trace::What::returned, call, result.state == abi::kStateSuspended ? 1 : 0);
    if (result.state == abi::kStateSuspended) {
        PromiseBase& promise = *reinterpret_cast<PromiseBase*>(result.value);
        if (origin != nullptr) {
            promise.ticket = {origin, copy.cookie, true};
            link_suspended(*origin, promise);
        } else {
            start_pending(*pending, promise);
        }
        return;
    }
    const std::uint32_t count = result.state == 0 ? copy.reply_words : 0;
    if (origin != nullptr) {
        complete_remotely(*origin, copy.cookie, static_cast<Status>(result.state), reply, count);
    } else {
        answer_locally(*pending, static_cast<Status>(result.state), reply, count);
    }
}

// What modules reach through RuntimeOps.
namespace ops {

abi::RawFuture
queue(ModuleState* callee, const abi::Slot* slot, InvokeFn invoke, const std::uint64_t* words) {
    if (is_stopped(*callee)) [[unlikely]]
        return {0, static_cast<std::uint64_t>(Status::peer_died)};
    Edge& edge = *slot->edge;
    Request* request = nullptr;
    abi::RawFuture result{0, 0};
    if (edge.server != nullptr) { // a synchronous call from another domain
        QueuedCall* call = allocate_queued(*edge.server);
        if (call == nullptr)
            return {0, static_cast<std::uint64_t>(Status::no_resource)};
        request = &call->request;
        request->origin = edge.server;
        request->cookie = static_cast<std::uint32_t>(arch::context()->cookie);
        result.state = abi::kStateQueued;
    } else {
        Pending* pending = pool_take(edge.client->free);
        if (pending == nullptr)
            return {0, static_cast<std::uint64_t>(Status::no_memory)};
        pending->outcome = Outcome{PendingState::queued};
        pending->coroutine = nullptr;
        pending->callee = callee;
        pending->handler = nullptr;
        pending->unanswered.store(true, Order::release); // [R13]
        pending->alone = false;
        pending->end = nullptr;
        request = &pending->request;
        request->origin = nullptr;
        result.state = reinterpret_cast<std::uint64_t>(pending);
    }
    for (int i = 0; i < 6; ++i)
        request->words[i] = words[i];
    request->invoke = invoke;
    request->reply_words = edge.reply_words;
    request->opcode = edge.opcode;
    if (request->origin == nullptr)
        note_here(trace::What::submitted,
                  local_call(pending_of_request(*request)),
                  edge.opcode,
                  edge.client->id);
    if (ModuleGate::enqueue(callee->gate, callee->mailbox, *request))
        call_attention(*callee->home);
    if (is_stopped(*callee)) [[unlikely]] // meanwhile
        refuse_mailbox(*callee);
    return result;
}

void gate_left(ModuleState* module) {
    call_attention(*module->home);
}

abi::RawFuture suspended(const abi::Slot* slot, PromiseBase* promise) {
    if (is_stopped(*promise->ready.module)) [[unlikely]]
        return {0, static_cast<std::uint64_t>(Status::peer_died)};
    Edge& edge = *slot->edge;
    if (edge.server != nullptr) {
        promise->ticket = {edge.server, static_cast<std::uint32_t>(arch::context()->cookie), true};
        link_suspended(*edge.server, *promise);
        if (edge.server->closed) // while the handler ran
            return {0, static_cast<std::uint64_t>(Status::peer_died)};
        return {0, abi::kStateQueued};
    }
    Pending* pending =
        pool_take(edge.client->free); // there is one: the entry looked before it ran the handler
    pending->outcome = Outcome{PendingState::in_flight};
    pending->coroutine = nullptr;
    pending->callee = promise->ready.module;
    pending->unanswered.store(true, Order::release); // [R13]
    pending->alone = false;
    pending->end = nullptr;
    start_pending(*pending, *promise);
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

void complete(PromiseBase* promise,
              Status status,
              const std::uint64_t* words,
              std::uint32_t count) {
    count = status == Status::ok ? count : 0;
    if (promise->ticket.remote) {
        unlink_suspended(*promise);
        ServerEnd& end = *static_cast<ServerEnd*>(promise->ticket.target);
        note_here(trace::What::answered,
                  call_at(*end.completions.executor, end, promise->ticket.cookie),
                  static_cast<std::uint64_t>(status),
                  promise->ready.module->id);
        complete_remotely(end, promise->ticket.cookie, status, words, count);
        report_if_quiet(end);
    } else {
        answer_locally(*static_cast<Pending*>(promise->ticket.target), status, words, count);
    }
}

void ready(Ready* entry) {
    push(*entry->module->home, *entry);
}

void set_deadline(Pending* pending, std::uint64_t ticks) {
    arm_deadline(*pending->module->home, *pending, ticks);
}

void cancel(Pending* pending) {
    give_up(*pending->module->home, *pending, Status::cancelled);
}

abi::RawFuture sleep(ModuleState* module, std::uint64_t ticks) {
    Pending* pending = pool_take(module->free);
    if (pending == nullptr)
        return {0, static_cast<std::uint64_t>(Status::no_memory)};
    pending->outcome = Outcome{PendingState::queued};
    pending->coroutine = nullptr;
    pending->callee = nullptr;
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
    const std::uint64_t count = executor.interrupt_count(index); // [A9]
    if (count != executor.interrupts_seen[index]) {
        executor.interrupts_seen[index] = count;
        return {count, 0};
    }
    Pending* pending = pool_take(module->free);
    if (pending == nullptr)
        return {0, static_cast<std::uint64_t>(Status::no_memory)};
    pending->outcome = Outcome{PendingState::in_flight};
    pending->coroutine = nullptr;
    pending->callee = nullptr;
    pending->alone = false;
    pending->end = nullptr;
    executor.interrupt_waiter[index] = pending;
    ++executor.errands.interrupt_waiters;
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

void note_submitted(ClientEnd* end) {
    runtime::note_submitted(*end);
}

std::uint64_t caller(ModuleState* module, const abi::Slot* slot) {
    const Executor& home = *module->home;
    if (slot == nullptr)
        return home.serving != nullptr ? home.client_ids[home.serving->index] : home.caller;
    const Edge& edge = *slot->edge;
    return edge.server != nullptr ? home.client_ids[edge.server->index] : edge.client->id;
}

void wake(std::uint32_t doorbell) {
    platform::ring(doorbell);
}

void count_interrupt_in(ModuleState* module,
                        std::uint64_t index,
                        const Atomic<std::uint32_t>* word) {
    Executor& executor = *module->home;
    if (index >= kMaxExecutorInterrupts)
        return;
    executor.interrupt_words[index] = word;
    executor.interrupts_seen[index] = executor.interrupt_count(index);
}

void release(Pending* pending) {
    if (pending->outcome.has(Outcome::kArmed) && !pending->outcome.has(Outcome::kTelling))
        disarm_deadline(*pending->module->home, *pending);
    pending->coroutine = nullptr;
    if (withdraw(*pending->module->home, *pending))
        pending->outcome.set_state(PendingState::done);
    if (pending->outcome.has(Outcome::kInRing))
        ++pending->end->read_in_place;
    if (pending->outcome.state() != PendingState::done)
        pending->outcome.set_state(PendingState::abandoned);
    else if (pending->outcome.has(Outcome::kInReady))
        pending->outcome.set_state(PendingState::discarded);
    else
        pool_give(*pending);
}

} // namespace ops

} // namespace cw::runtime
