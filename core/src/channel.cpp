// Both ends of a channel, away from the common case: errors, cancellation, peers that end or lie.
#include "runtime.hpp"
#include <utility>

namespace cw::runtime {

namespace {

[[nodiscard]] std::uint32_t in_flight(const ClientEnd& end) noexcept {
    return end.submissions.ring.tail() - end.cancels + end.by_call - end.completions.head();
}

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
    RingMessage& message = end.submission_slots[end.submissions.ring.slot()];
    message.head.store(abi::message_head(waiting.cookie, waiting.opcode), Order::relaxed);
    for (std::uint32_t i = 0; i < waiting.argument_words; ++i)
        message.words[i].store(waiting.words[i], Order::relaxed);
    end.submissions.ring.publish();
    mark_dirty(end.submissions);
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
    while (end.overflow != nullptr && in_flight(end) < abi::kChannelCredits) {
        Pending& waiting = *end.overflow;
        end.overflow = waiting.next;
        submit_waiting(end, waiting);
    }
    if (end.overflow == nullptr && end.carriers == ~std::uint64_t{0}) {
        end.holding = false;
        set_pool(end, end.free);
        end.free = std::exchange(end.returned, nullptr);
    }
}

namespace {

/// Copies an answer out of the ring into a Pending that is still in flight.
void take_answer(Pending& pending, const RingMessage& message, Status status) noexcept {
    if (pending.outcome.state() != PendingState::in_flight)
        return; // given up: its status stands
    for (std::uint32_t i = 0; i < abi::kMaxInlineWords; ++i)
        pending.words[i] = message.words[i].load(Order::relaxed);
    pending.reply = pending.words;
    pending.outcome.set_status(status);
}

} // namespace

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
bool buffers_allowed(const ServerEnd& end,
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
    }
    return true;
}

} // namespace

void serve_with_buffers(ServerEnd& end,
                        const RingMessage& message,
                        const abi::MethodEntry& method,
                        std::uint32_t cookie) noexcept {
    std::uint64_t words[6]; // what is checked is what the handler sees
    for (std::uint32_t i = 0; i < 6; ++i)
        words[i] = message.words[i].load(Order::relaxed);
    if (!buffers_allowed(end, method, words)) {
        complete_remotely(end, cookie, Status::not_permitted, nullptr, 0);
        return;
    }
    std::uint64_t reply[6] = {};
    const abi::RawFuture result = reinterpret_cast<InvokeFn>(method.invoke)(
        reply, words[0], words[1], words[2], words[3], words[4], words[5]);
    if (result.state != 0) {
        finish_request(end, cookie, result);
        return;
    }
    if (method.shape.reply_words <= 1)
        reply[0] = result.value;
    complete_remotely(end, cookie, Status::ok, reply, method.shape.reply_words);
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
    if (!end.leaving || end.suspended != nullptr || end.queued_used.load(Order::acquire) != 0)
        return;
    end.leaving = false; // once
    platform::report(abi::Report::end_closed, end.index, 0, 0);
}

void fault_client(Executor& executor, ClientEnd& end) noexcept {
    ++executor.statistics.faults;
    platform::report(abi::Report::end_faulted, end.index | std::uint64_t{1} << 32, 0, 0);
    if (enter_module(*end.module)) {
        ModuleState& module = *end.module;
        close_client(executor, end);
        leave_module(executor, module);
    }
}

void fault_server(Executor& executor, ServerEnd& end) noexcept {
    ++executor.statistics.faults;
    platform::report(abi::Report::end_faulted, end.index, 0, 0);
    close_server(executor, end);
}

void close_client(Executor& executor, ClientEnd& end) noexcept {
    if (end.closed)
        return;
    end.closed = true;
    end.free = nullptr;
    remove_ring(executor, &end);
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
        died(entry);
    }
}

void close_server(Executor& executor, ServerEnd& end) noexcept {
    if (end.closed)
        return;
    end.closed = true;
    remove_ring(executor, &end);
    for (PromiseBase* promise = end.suspended; promise != nullptr;) {
        PromiseBase* next = promise->next_suspended;
        cancel_coroutine(executor, *promise);
        promise = next;
    }
}

} // namespace cw::runtime
