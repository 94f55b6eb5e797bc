// The two loops that every message goes through: completing a client's calls, serving a server's requests. Inlined into the executor's
// loop, which never returns and so has nothing to save for its caller. Instruction counts matter here: bench rpc.*.
#pragma once
#include "runtime.hpp"

namespace cw::runtime {

/// Messages of one channel handled per visit, so that one busy peer does not starve the others.
inline constexpr std::uint32_t kBudget = abi::kChannelCredits;

/// Takes completions and resumes who awaits them. Untrusted: the whole completion; each word is loaded once.
[[gnu::always_inline]] inline void complete_calls(Executor& executor, ClientEnd& end) noexcept {
    std::uint32_t count = end.completions.available();
    if (count == 0) [[unlikely]] {
        fault_client(executor, end); // there was something: the index is impossible
        return;
    }
    ModuleState& module = *end.module;
    if (!enter_module(module)) [[unlikely]]
        return;
    executor.statistics.completed += count;
    do {
        const RingMessage& message = end.completion_slots[end.completions.slot_of<abi::kCompletionSlots>()];
        const std::uint64_t head = message.head.load(Order::relaxed);
        const std::uint32_t cookie = abi::message_cookie(head);
        Pending& pending = end.pendings[cookie % kPoolPendings];
        end.completions.take();
        // The common case: a call of ours in flight that succeeded. Anything else is looked at closely.
        if (pending.cookie == cookie && pending.outcome.is(PendingState::in_flight) && abi::message_code(head) == 0 &&
            pending.partner == nullptr && end.overflow == nullptr) [[likely]] {
            pending.outcome = Outcome{PendingState::done};
            if (void* coroutine = pending.coroutine; coroutine != nullptr) {
                pending.coroutine = nullptr;
                pending.reply = reinterpret_cast<const std::uint64_t*>(message.words); // read before release() below
                std::coroutine_handle<>::from_address(coroutine).resume();
            } else {
                pending.reply = pending.words;
                for (std::uint32_t i = 0; i < abi::kMaxInlineWords; ++i)
                    pending.words[i] = message.words[i].load(Order::relaxed);
            }
        } else if (!complete_slowly(executor, end, message, head)) [[unlikely]] {
            leave_module(executor, module);
            fault_client(executor, end);
            return;
        }
    } while (--count != 0);
    end.completions.release();
    leave_module(executor, module);
}

/// Takes requests and runs their handlers. Untrusted: the whole submission; each word is loaded once.
[[gnu::always_inline]] inline void serve_requests(Executor& executor, ServerEnd& end) noexcept {
    std::uint32_t count = end.submissions.available();
    if (count == 0) [[unlikely]] {
        fault_server(executor, end);
        return;
    }
    ModuleState& module = *end.module;
    if (!enter_module(module)) [[unlikely]]
        return;
    if constexpr (kManyThreads) {
        if ((module.gate.load(Order::relaxed) & kGateQueued) != 0) // requests of synchronous callers came first
            run_mailbox(executor, module);
    }
    count = count > kBudget ? kBudget : count;
    executor.statistics.received += count;
    executor.serving = &end;
    const abi::MethodTable& table = *end.methods;
    bool broken = false;
    do {
        const RingMessage& message = end.submission_slots[end.submissions.slot_of<abi::kSubmissionSlots>()];
        const std::uint64_t head = message.head.load(Order::relaxed);
        const std::uint32_t cookie = abi::message_cookie(head);
        const std::uint64_t opcode = head >> 32; // flags in its upper half: then it is no method
        if (opcode >= table.count) [[unlikely]] {
            end.submissions.take();
            if (opcode != std::uint64_t{abi::kMessageCancel} << 16) {
                broken = true;
                break;
            }
            cancel_remote(executor, end, cookie);
            continue;
        }
        const abi::MethodEntry& method = table.methods[opcode];
        const std::uint64_t w0 = message.words[0].load(Order::relaxed);
        const std::uint64_t w1 = message.words[1].load(Order::relaxed);
        const std::uint64_t w2 = message.words[2].load(Order::relaxed);
        const std::uint64_t w3 = message.words[3].load(Order::relaxed);
        const std::uint64_t w4 = message.words[4].load(Order::relaxed);
        const std::uint64_t w5 = message.words[5].load(Order::relaxed);
        end.submissions.take();
        if (method.shape.buffers != 0 && !buffers_allowed(end, method, w0, w1, w2, w3, w4, w5)) [[unlikely]] {
            complete_remotely(executor, end, cookie, Status::not_permitted, nullptr, 0);
            continue;
        }
        // A larger reply is written into the completion slot at once: it is ours until it is published. A client that submits beyond its
        // credits makes us overwrite answers it has not taken: its own loss, and nobody else's.
        RingMessage& answer = end.completion_slots[end.completions.slot_of<abi::kCompletionSlots>()];
        const abi::RawFuture result = reinterpret_cast<InvokeFn>(method.invoke)(
            reinterpret_cast<std::uint64_t*>(answer.words), w0, w1, w2, w3, w4, w5);
        if (result.state == 0) [[likely]] {
            if (method.shape.reply_words <= 1)
                answer.words[0].store(result.value, Order::relaxed);
            answer.head.store(cookie, Order::relaxed); // status ok
            end.completions.publish();
        } else if (result.state == abi::kStateSuspended) {
            PromiseBase& promise = *reinterpret_cast<PromiseBase*>(result.value);
            promise.ticket = {&end, cookie, true};
            link_suspended(end, promise);
        } else {
            complete_remotely(executor, end, cookie, static_cast<Status>(result.state), nullptr, 0);
        }
    } while (--count != 0);
    end.submissions.release();
    if (!end.dirty)
        mark_dirty(executor, {&end.completions, &end.dirty, end.doorbell});
    leave_module(executor, module);
    if (broken) [[unlikely]]
        fault_server(executor, end);
}

} // namespace cw::runtime
