// Both ends of a channel, away from the common case: errors, cancellation, peers that end or lie.
#include "hot_paths.hpp"
#include "trace.hpp"
#include <utility>

namespace cw::runtime {

namespace {

/// Publishes a call that waited for a credit. One of the module's own pool travels under the second
/// cookie of a channel entry; there is a free one, since as many are in flight at most.
void submit_waiting(ClientEnd& end, Pending& waiting) noexcept {
    if (waiting.pool != &end.returned) {
        const auto index = static_cast<std::uint32_t>(__builtin_ctzll(end.carriers));
        end.carriers &= ~(std::uint64_t{1} << index);
        end.pendings[index].carried = &waiting;
        waiting.cookie = end.pendings[index].carrier_cookie;
    }
    waiting.outcome.set_state(PendingState::in_flight);
    note_here(trace::What::submitted, call_at(end, waiting.cookie), waiting.opcode, end.module->id);
    RingMessage& message = end.submission_slots[end.submissions.ring.slot()];
    message.head.store(abi::message_head(waiting.cookie, waiting.opcode), Order::relaxed);
    for (std::uint32_t i = 0; i < waiting.argument_words; ++i)
        message.words[i].store(waiting.words[i], Order::relaxed);
    end.submissions.ring.publish();
    mark_submitted(end);
}

/// Where the entries of a channel's pool go when their futures are gone.
void set_pool(ClientEnd& end, Pending*& head) noexcept {
    for (std::uint32_t i = 0; i < kPoolPendings; ++i)
        end.pendings[i].pool = &head;
}

} // namespace

void hold_calls(ClientEnd& end) noexcept {
    if (end.holding)
        return;
    end.holding = true;
    set_pool(end, end.returned); // `free` is empty: that is why we are here
}

void submit_held(ClientEnd& end) noexcept {
    while (end.overflow != nullptr && end.in_flight() < abi::kChannelCredits) {
        Pending& waiting = *end.overflow;
        end.overflow = waiting.next;
        submit_waiting(end, waiting);
    }
    // Guarantee 2: a system call would overtake what is still in the ring.
    const bool overtakes = end.synchronous && end.in_flight() != 0;
    if (end.overflow == nullptr && end.carriers == ~std::uint64_t{0} && !overtakes) {
        end.holding = false;
        set_pool(end, end.free);
        end.free = std::exchange(end.returned, nullptr);
    }
}

namespace {

void copy_reply(Pending& pending, const Atomic<std::uint64_t>* words) noexcept {
    for (std::uint32_t i = 0; i < abi::kMaxInlineWords; ++i)
        pending.words[i] = words[i].load(Order::relaxed);
    pending.reply = pending.words;
}

/// Copies an answer out of the ring into a Pending that is still in flight.
void take_answer(Pending& pending, const RingMessage& message, Status status) noexcept {
    if (pending.outcome.state() != PendingState::in_flight)
        return; // given up: its status stands
    copy_reply(pending, message.words);
    pending.outcome.set_status(status);
}

/// Copies the reply of a call that was left in the ring.
void copy_out(Pending& pending) noexcept {
    if (!pending.outcome.has(Outcome::kInRing))
        return;
    pending.outcome.set(Outcome::kInRing, false);
    copy_reply(pending, reinterpret_cast<const Atomic<std::uint64_t>*>(pending.reply));
}

} // namespace

void copy_out(ClientEnd& end, std::uint32_t count) noexcept {
    // Which they are is looked up in the pool: their slots say it too, but have been loaded, and
    // may say something else by now. A batch has entries in the order of the pool, so that the next
    // one is found where the last look ended.
    std::uint32_t at = end.looked_at;
    for (std::uint32_t looks = 0; count != 0 && looks != kPoolPendings; ++looks, ++at) {
        Pending& pending = end.pendings[at % kPoolPendings];
        if (pending.outcome.has(Outcome::kInRing)) {
            copy_out(pending);
            --count;
        }
    }
    end.looked_at = at;
}

bool complete_slowly(Executor& executor,
                     ClientEnd& end,
                     const RingMessage& message,
                     std::uint64_t head) noexcept {
    const std::uint32_t cookie = abi::message_cookie(head);
    Pending& entry = end.pendings[cookie % kPoolPendings];
    const bool carried = (cookie & kCarrierBit) != 0;
    // Only a call of ours that is in flight on this very channel can be completed, once.
    if ((carried ? entry.carrier_cookie : entry.cookie) != cookie ||
        abi::message_code(head) > kLastStatus || abi::message_flags(head) != 0)
        return false;
    const auto status = static_cast<Status>(abi::message_code(head));
    note(executor, trace::What::completed, call_at(end, cookie), abi::message_code(head));
    if (carried) {
        Pending* const waiting = std::exchange(entry.carried, nullptr);
        if (waiting == nullptr)
            return false;
        entry.carrier_cookie += kCookieStep;
        end.carriers |= std::uint64_t{1} << cookie % kPoolPendings;
        take_answer(*waiting, message, status);
        finish(executor, *waiting);
        return true;
    }
    const PendingState state = entry.outcome.state();
    if (state != PendingState::in_flight && state != PendingState::given_up &&
        state != PendingState::abandoned)
        return false;
    take_answer(entry, message, status);
    finish(executor, entry);
    return true;
}

namespace {

/// True if each buffer of the message lies in one of the client's areas, writable where the method
/// writes.
bool buffers_allowed(ExecutorStatistics& statistics,
                     const ServerEnd& end,
                     const abi::MethodEntry& method,
                     const std::uint64_t* words) noexcept {
    const std::uint64_t count = __atomic_load_n(&end.areas->count, __ATOMIC_ACQUIRE);
    for (std::uint32_t b = 0; b < method.shape.buffers; ++b) {
        const std::uint64_t address = words[method.shape.buffer_word[b]];
        const std::uint64_t size = words[method.shape.buffer_word[b] + 1];
        bool found = size == 0;
        for (std::uint64_t i = 0; i < count && !found; ++i) {
            const abi::BufferArea& area = end.areas->areas[i];
            found = address >= area.base && size <= area.bytes &&
                    address - area.base <= area.bytes - size &&
                    (area.writable != 0 || (method.flags & abi::kMethodWritesBuffer) == 0);
        }
        if (!found)
            return false;
        statistics.lent.add(size);
    }
    return true;
}

} // namespace

bool serve_rarely(Executor& executor,
                  ServerEnd& end,
                  const RingMessage& message,
                  std::uint64_t cookie,
                  std::uint64_t code_and_flags) noexcept {
    const auto name = static_cast<std::uint32_t>(cookie);
    if (code_and_flags == std::uint64_t{abi::kMessageCancel} << 16) {
        cancel_remote(executor, end, name);
        return true;
    }
    if (code_and_flags >= end.methods->count) {
        fault_server(executor, end);
        return false;
    }
    const abi::MethodEntry& method = end.methods->methods[code_and_flags];
    std::uint64_t words[6]; // what is checked is what the handler sees
    for (std::uint32_t i = 0; i < 6; ++i)
        words[i] = message.words[i].load(Order::relaxed);
    if (!buffers_allowed(executor.statistics, end, method, words)) {
        complete_remotely(end, name, Status::not_permitted, nullptr, 0);
        return true;
    }
    std::uint64_t reply[6] = {};
    if constexpr (!kManyThreads) // else it is set already
        executor.serving = &end;
    const std::uint64_t call = call_at(executor, end, cookie);
    note(executor, trace::What::started, call, code_and_flags, end.module->id);
    const abi::RawFuture result = reinterpret_cast<InvokeFn>(method.invoke)(
        reply, words[0], words[1], words[2], words[3], words[4], words[5]);
    note(executor, trace::What::returned, call, result.state == abi::kStateSuspended ? 1 : 0);
    if (result.state != 0)
        finish_request(end, name, result);
    else
        complete_remotely(end, name, Status::ok, reply, method.shape.reply_words);
    return !end.closed;
}

void finish_request(ServerEnd& end, std::uint32_t cookie, abi::RawFuture result) noexcept {
    if (result.state == abi::kStateSuspended) {
        PromiseBase& promise = *reinterpret_cast<PromiseBase*>(result.value);
        promise.ticket = {&end, cookie, true};
        link_suspended(end, promise);
        if (end.suspended_count > abi::kChannelCredits)
            fault_server(*end.completions.executor, end);
    } else {
        complete_remotely(end, cookie, static_cast<Status>(result.state), nullptr, 0);
    }
}

void complete_remotely(ServerEnd& end,
                       std::uint32_t cookie,
                       Status status,
                       const std::uint64_t* words,
                       std::uint32_t count) noexcept {
    if (end.closed)
        return;
    RingMessage& answer = end.completion_slots[end.completions.ring.slot()];
    for (std::uint32_t i = 0; i < count; ++i)
        answer.words[i].store(words[i], Order::relaxed);
    answer.head.store(abi::message_head(cookie, static_cast<std::uint16_t>(status)),
                      Order::relaxed);
    copy_beside(end.completions.ring.shared(), end.completions.ring.tail(), answer);
    end.completions.ring.publish();
    mark_dirty(end.completions);
}

QueuedCall* allocate_queued(ServerEnd& end) noexcept {
    // One client thread allocates, the home executor frees: a bit once seen clear stays clear until
    // we set it.
    const std::uint64_t used = end.queued_used.load(Order::acquire);
    if (end.queued == nullptr || ~used == 0)
        return nullptr;
    const auto index = static_cast<std::uint32_t>(__builtin_ctzll(~used));
    end.queued_used.fetch_or(std::uint64_t{1} << index, Order::relaxed);
    QueuedCall& call = end.queued[index];
    call.request.words = call.words;
    return &call;
}

void release_queued(ServerEnd& end, QueuedCall& call) noexcept {
    const auto index = static_cast<std::uint32_t>(&call - end.queued);
    end.queued_used.fetch_and(~(std::uint64_t{1} << index), Order::release);
}

void link_suspended(ServerEnd& end, PromiseBase& promise) noexcept {
    promise.next_suspended = end.suspended;
    promise.suspended_link = &end.suspended;
    if (end.suspended != nullptr)
        end.suspended->suspended_link = &promise.next_suspended;
    end.suspended = &promise;
    ++end.suspended_count;
}

void unlink_suspended(PromiseBase& promise) noexcept {
    if (promise.suspended_link == nullptr)
        return;
    *promise.suspended_link = promise.next_suspended;
    if (promise.next_suspended != nullptr)
        promise.next_suspended->suspended_link = promise.suspended_link;
    promise.suspended_link = nullptr;
    --static_cast<ServerEnd*>(promise.ticket.target)->suspended_count;
}

void cancel_remote(Executor& executor, ServerEnd& end, std::uint32_t cookie) noexcept {
    for (PromiseBase* promise = end.suspended; promise != nullptr;
         promise = promise->next_suspended) {
        if (promise->ticket.cookie == cookie) {
            cancel_coroutine(executor, *promise);
            return;
        }
    }
}

void report_if_quiet(ServerEnd& end) noexcept {
    if (!end.leaving || end.suspended != nullptr)
        return;
    end.leaving = false; // once
    platform::report(abi::Report::end_closed, end.index, 0, 0);
}

void report_pool_unused(ClientEnd& end) noexcept {
    end.lingering = false;
    platform::report(abi::Report::end_closed, end.index | std::uint64_t{1} << 32, 1, 0);
}

void fault_client(Executor& executor, ClientEnd& end) noexcept {
    executor.statistics.faults.add();
    platform::report(abi::Report::end_faulted, end.index | std::uint64_t{1} << 32, 0, 0);
    if (enter_module(*end.module)) {
        ModuleState& module = *end.module;
        close_client(executor, end);
        leave_module(executor, module);
    }
}

void fault_server(Executor& executor, ServerEnd& end) noexcept {
    executor.statistics.faults.add();
    platform::report(abi::Report::end_faulted, end.index, 0, 0);
    close_server(executor, end);
}

void close_client(Executor& executor, ClientEnd& end) noexcept {
    if (end.closed)
        return;
    end.closed = true;
    end.free = nullptr;
    remove_ring(executor, end.completions, end.submissions);
    const auto died = [&](Pending& pending) {
        if (pending.outcome.state() == PendingState::in_flight ||
            pending.outcome.state() == PendingState::queued) {
            pending.outcome.set_status(Status::peer_died);
            make_ready(executor, pending, PendingState::done);
        } else if (pending.outcome.state() == PendingState::given_up ||
                   pending.outcome.state() == PendingState::abandoned) {
            finish(executor, pending);
        }
    };
    for (Pending* waiting = std::exchange(end.overflow, nullptr); waiting != nullptr;) {
        Pending* next = waiting->next;
        died(*waiting);
        waiting = next;
    }
    set_pool(end, end.graveyard);
    for (std::uint32_t i = 0; i < kPoolPendings; ++i) {
        Pending& entry = end.pendings[i];
        if (Pending* waiting = std::exchange(entry.carried, nullptr); waiting != nullptr)
            died(*waiting);
        copy_out(entry); // the ring's memory may go
        died(entry);
    }
}

void close_server(Executor& executor, ServerEnd& end) noexcept {
    if (end.closed)
        return;
    end.closed = true;
    remove_ring(executor, end.submissions, end.completions);
    // The handlers end on their own, sooner or later or never. Until then the client's buffers
    // stay.
    for (PromiseBase* promise = end.suspended; promise != nullptr;
         promise = promise->next_suspended)
        cancel_coroutine(executor, *promise);
}

} // namespace cw::runtime
