// Both ends of a channel: taking messages, answering them, and what happens when the peer ends or lies.
#include "runtime.hpp"

namespace cw::runtime {

namespace {

/// Messages of one channel handled per visit, so that one busy peer does not starve the others.
constexpr std::uint32_t kBudget = abi::kChannelCredits;

[[nodiscard]] bool awaits_answer(PendingState state) noexcept {
    return state == PendingState::in_flight || state == PendingState::given_up || state == PendingState::abandoned;
}

void submit(ClientEnd& end, Pending& pending) noexcept {
    RingMessage& message = end.submission_slots[end.submissions.slot()];
    message.head.store(abi::message_head(pending.cookie, pending.opcode), Order::relaxed);
    for (std::uint32_t i = 0; i < pending.argument_words; ++i)
        message.words[i].store(pending.request.words[i], Order::relaxed);
    end.submissions.publish();
    end.module->home->dirty_clients |= std::uint64_t{1} << end.index;
    pending.state = PendingState::in_flight;
}

/// A completion came in: its credit goes to the oldest call that waits for one.
void return_credit(ClientEnd& end) noexcept {
    Pending* waiting = end.overflow;
    if (waiting == nullptr) [[likely]] {
        ++end.credits;
        return;
    }
    end.overflow = reinterpret_cast<Pending*>(waiting->request.next);
    submit(end, *waiting);
}

void fault_client(Executor& executor, ClientEnd& end) noexcept {
    ++executor.statistics.faults;
    close_client(executor, end);
    platform::report(abi::Report::end_faulted, end.index | std::uint64_t{1} << 32, 0, 0);
}

void fault_server(Executor& executor, ServerEnd& end) noexcept {
    ++executor.statistics.faults;
    close_server(executor, end);
    platform::report(abi::Report::end_faulted, end.index, 0, 0);
}

/// True if each buffer of the message lies in one of the client's areas, writable where the method writes.
/// Untrusted: `words` is our copy, so what is checked is what the handler sees.
bool buffers_allowed(const ServerEnd& end, const abi::MethodEntry& method, const std::uint64_t* words) noexcept {
    const std::uint64_t count = __atomic_load_n(&end.areas->count, __ATOMIC_ACQUIRE);
    for (std::uint32_t b = 0; b < method.shape.buffers; ++b) {
        const std::uint64_t address = words[method.shape.buffer_word[b]];
        const std::uint64_t size = words[method.shape.buffer_word[b] + 1];
        if (size == 0)
            continue;
        bool found = false;
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

bool poll_client(Executor& executor, ClientEnd& end) noexcept {
    std::uint32_t count = end.completions.available();
    if (count == 0) {
        if (end.completions.faulted() && !end.closed)
            fault_client(executor, end);
        return false;
    }
    ModuleState& module = *end.module;
    if (!enter_module(module))
        return false;
    executor.statistics.completed += count;
    do {
        const RingMessage& message = end.completion_slots[end.completions.slot()];
        const std::uint64_t head = message.head.load(Order::relaxed);
        const std::uint32_t cookie = abi::message_cookie(head);
        Pending& pending = module.pendings[cookie % kMaxPendings];
        // Untrusted: only a call of ours that is in flight on this very channel can be completed, once.
        if (pending.cookie != cookie || pending.end != &end || !awaits_answer(pending.state) ||
            abi::message_code(head) > kLastStatus) [[unlikely]] {
            leave_module(module);
            fault_client(executor, end);
            return true;
        }
        if (pending.state == PendingState::in_flight) [[likely]] {
            pending.request.words[0] = message.words[0].load(Order::relaxed);
            std::uint32_t words = abi::message_flags(head);
            if (words > 1) {
                words = words > abi::kMaxInlineWords ? abi::kMaxInlineWords : words;
                for (std::uint32_t i = 1; i < words; ++i)
                    pending.request.words[i] = message.words[i].load(Order::relaxed);
            }
            pending.status = static_cast<Status>(abi::message_code(head));
        }
        end.completions.take();
        return_credit(end);
        finish(executor, pending);
    } while (--count != 0);
    end.completions.release();
    leave_module(module);
    return true;
}

bool poll_server(Executor& executor, ServerEnd& end) noexcept {
    std::uint32_t count = end.submissions.available();
    if (count == 0) {
        if (end.submissions.faulted() && !end.closed)
            fault_server(executor, end);
        return false;
    }
    ModuleState& module = *end.module;
    if (!enter_module(module))
        return false;
    count = count > kBudget ? kBudget : count;
    executor.statistics.received += count;
    executor.serving = &end;
    const abi::MethodTable& table = *end.methods;
    bool broken = false;
    do {
        const RingMessage& message = end.submission_slots[end.submissions.slot()];
        const std::uint64_t head = message.head.load(Order::relaxed);
        const std::uint32_t cookie = abi::message_cookie(head);
        std::uint64_t words[6];
        for (std::uint32_t i = 0; i < 6; ++i)
            words[i] = message.words[i].load(Order::relaxed);
        end.submissions.take();
        if (abi::message_flags(head) != 0) [[unlikely]] {
            if (abi::message_flags(head) != abi::kMessageCancel) {
                broken = true;
                break;
            }
            cancel_remote(executor, end, cookie);
            continue;
        }
        const std::uint32_t opcode = abi::message_code(head);
        if (opcode >= table.count || end.completions.free_slots() == 0) [[unlikely]] {
            broken = true;
            break;
        }
        const abi::MethodEntry& method = table.methods[opcode];
        if (method.shape.buffers != 0 && !buffers_allowed(end, method, words)) [[unlikely]] {
            complete_remotely(executor, end, cookie, Status::not_permitted, words, 0);
            continue;
        }
        RingMessage& answer = end.completion_slots[end.completions.slot()];
        std::uint64_t reply[6];
        const abi::RawFuture result = reinterpret_cast<InvokeFn>(method.invoke)(
            reply, words[0], words[1], words[2], words[3], words[4], words[5]);
        if (result.state == 0) [[likely]] {
            const std::uint32_t reply_words = method.shape.reply_words;
            if (reply_words <= 1) {
                answer.words[0].store(result.value, Order::relaxed);
            } else {
                for (std::uint32_t i = 0; i < reply_words; ++i)
                    answer.words[i].store(reply[i], Order::relaxed);
            }
            answer.head.store(abi::message_head(cookie, 0, static_cast<std::uint16_t>(reply_words)), Order::relaxed);
            end.completions.publish();
        } else if (result.state == abi::kStateSuspended) {
            PromiseBase& promise = *reinterpret_cast<PromiseBase*>(result.value);
            promise.ticket = {&end, cookie, true};
            link_suspended(end, promise);
        } else {
            complete_remotely(executor, end, cookie, static_cast<Status>(result.state), words, 0);
        }
    } while (--count != 0);
    end.submissions.release();
    executor.dirty_servers |= std::uint64_t{1} << end.index;
    leave_module(module);
    if (broken)
        fault_server(executor, end);
    return true;
}

void complete_remotely(Executor& executor,
                       ServerEnd& end,
                       std::uint32_t cookie,
                       Status status,
                       const std::uint64_t* words,
                       std::uint32_t count) noexcept {
    if (end.closed)
        return;
    if (end.completions.free_slots() == 0) { // the client submitted beyond its credits
        fault_server(executor, end);
        return;
    }
    RingMessage& answer = end.completion_slots[end.completions.slot()];
    for (std::uint32_t i = 0; i < count; ++i)
        answer.words[i].store(words[i], Order::relaxed);
    if (count == 0)
        answer.words[0].store(0, Order::relaxed);
    answer.head.store(abi::message_head(cookie, static_cast<std::uint16_t>(status), static_cast<std::uint16_t>(count)), Order::relaxed);
    end.completions.publish();
    executor.dirty_servers |= std::uint64_t{1} << end.index;
}

Request* allocate_request(ServerEnd& end) noexcept {
    // One client thread allocates, the home executor frees: a bit once seen clear stays clear until we set it.
    const std::uint64_t used = end.queued_used.load(Order::acquire);
    if (end.queued == nullptr || ~used == 0)
        return nullptr;
    const auto index = static_cast<std::uint32_t>(__builtin_ctzll(~used));
    end.queued_used.fetch_or(std::uint64_t{1} << index, Order::relaxed);
    return &end.queued[index];
}

void release_request(ServerEnd& end, Request& request) noexcept {
    const auto index = static_cast<std::uint32_t>(&request - end.queued);
    end.queued_used.fetch_and(~(std::uint64_t{1} << index), Order::release);
}

void link_suspended(ServerEnd& end, PromiseBase& promise) noexcept {
    promise.next_suspended = end.suspended;
    promise.suspended_link = &end.suspended;
    if (end.suspended != nullptr)
        end.suspended->suspended_link = &promise.next_suspended;
    end.suspended = &promise;
}

void cancel_remote(Executor& executor, ServerEnd& end, std::uint32_t cookie) noexcept {
    for (PromiseBase* promise = end.suspended; promise != nullptr; promise = promise->next_suspended) {
        if (promise->ticket.cookie == cookie) {
            cancel_coroutine(executor, *promise);
            return;
        }
    }
}

void close_client(Executor& executor, ClientEnd& end) noexcept {
    if (end.closed)
        return;
    end.closed = true;
    end.credits = 0;
    end.overflow = nullptr;
    ModuleState& module = *end.module;
    for (std::uint32_t i = 0; i < kMaxPendings; ++i) {
        Pending& pending = module.pendings[i];
        if (pending.end != &end || pending.state == PendingState::free)
            continue;
        if (pending.state == PendingState::in_flight || pending.state == PendingState::queued) {
            pending.status = Status::peer_died;
            make_ready(executor, pending, PendingState::done);
        } else if (pending.state == PendingState::given_up || pending.state == PendingState::abandoned) {
            finish(executor, pending);
        }
    }
}

void close_server(Executor& executor, ServerEnd& end) noexcept {
    if (end.closed)
        return;
    end.closed = true;
    // Each is told; one that answers within this loop takes itself out of the list.
    for (PromiseBase* promise = end.suspended; promise != nullptr;) {
        PromiseBase* next = promise->next_suspended;
        cancel_coroutine(executor, *promise);
        promise = next;
    }
}

} // namespace cw::runtime
