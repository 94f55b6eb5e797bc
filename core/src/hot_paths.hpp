// The two loops that every message goes through: completing a client's calls, serving a server's
// requests. Inlined into the executor's loop, which never returns and so has nothing to save for
// its caller. Instruction counts matter here: bench rpc.*.
#pragma once
#include "runtime.hpp"

namespace cw::runtime {

/// Takes `count` completions and resumes who awaits them. Untrusted: the whole completion; each
/// word is loaded once.
[[gnu::always_inline]] inline void
complete_calls(Executor& executor, ClientEnd& end, std::uint32_t count) noexcept {
    ModuleState& module = *end.module;
    if (!enter_module(module)) [[unlikely]]
        return;
    executor.statistics.completed += count;
    do {
        const RingMessage& message =
            end.completion_slots[end.completions.slot_of<abi::kCompletionSlots>()];
        const std::uint64_t head = message.head.load(Order::relaxed);
        const std::uint32_t cookie = abi::message_cookie(head);
        Pending& pending = end.pendings[cookie % kPoolPendings];
        end.completions.take();
        // The common case: a call of ours in flight that succeeded, and nobody waits for its
        // credit. Anything else is looked at closely.
        if (pending.cookie == head && pending.outcome.is(PendingState::in_flight)) [[likely]] {
            pending.outcome = Outcome{PendingState::done};
            if (void* coroutine = pending.coroutine; coroutine != nullptr) {
                pending.coroutine = nullptr;
                pending.reply = reinterpret_cast<const std::uint64_t*>(
                    message.words); // read before release() below
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
    if (end.holding) [[unlikely]]
        submit_held(end);
    leave_module(executor, module);
}

/// Takes `count` requests and runs their handlers. Untrusted: the whole submission; each word is
/// loaded once.
[[gnu::always_inline]] inline void
serve_requests(Executor& executor, ServerEnd& end, std::uint32_t count) noexcept {
    ModuleState& module = *end.module;
    if (!enter_module(module)) [[unlikely]]
        return;
    if constexpr (kManyThreads) {
        if ((module.gate.load(Order::relaxed) & kGateQueued) !=
            0) // requests of synchronous callers came first
            run_mailbox(executor, module);
    }
    executor.statistics.received += count;
    executor.serving = &end;
    const abi::MethodTable& table = *end.methods;
    do {
        const RingMessage& message =
            end.submission_slots[end.submissions.slot_of<abi::kSubmissionSlots>()];
        const std::uint64_t head = message.head.load(Order::relaxed);
        const auto cookie = static_cast<std::uint32_t>(head);
        const std::uint64_t opcode = head >> 32; // flags in its upper half: then it is no method
        end.submissions.take();
        if (opcode >= table.count) [[unlikely]] {
            if (opcode != std::uint64_t{abi::kMessageCancel} << 16) {
                leave_module(executor, module);
                fault_server(executor, end);
                return;
            }
            cancel_remote(executor, end, cookie);
            continue;
        }
        const abi::MethodEntry& method = table.methods[opcode];
        if (method.shape.buffers != 0) {
            serve_with_buffers(end, message, method, cookie);
            if (end.closed) [[unlikely]] { // the client was beyond its credits
                leave_module(executor, module);
                return;
            }
            continue;
        }
        // A larger reply is written into the completion slot at once: it is ours until it is
        // published. A client that submits beyond its credits makes us overwrite answers it has not
        // taken: its own loss, and nobody else's.
        RingMessage& answer =
            end.completion_slots[end.completions.ring.slot_of<abi::kCompletionSlots>()];
        const abi::RawFuture result = reinterpret_cast<InvokeFn>(method.invoke)(
            reinterpret_cast<std::uint64_t*>(answer.words),
            message.words[0].load(Order::relaxed),
            message.words[1].load(Order::relaxed),
            message.words[2].load(Order::relaxed),
            message.words[3].load(Order::relaxed),
            message.words[4].load(Order::relaxed),
            message.words[5].load(Order::relaxed));
        if (result.state == 0) [[likely]] {
            if (method.shape.reply_words <= 1)
                answer.words[0].store(result.value, Order::relaxed);
            answer.head.store(cookie, Order::relaxed); // status ok
            end.completions.ring.publish();
        } else {
            finish_request(end, cookie, result);
            if (end.closed) [[unlikely]] {
                leave_module(executor, module);
                return;
            }
        }
    } while (--count != 0);
    end.submissions.release();
    mark_dirty(end.completions);
    leave_module(executor, module);
}

} // namespace cw::runtime
