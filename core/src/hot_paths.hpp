// The two loops that every message goes through: completing a client's calls, serving a server's
// requests. Inlined into the executor's loop, which never returns and so has nothing to save for
// its caller. Instruction counts matter here: bench rpc.*.
#pragma once
#include "runtime.hpp"
#include "trace.hpp"
#include <utility>

namespace cw::runtime {

/// Answers that came while nobody awaited them are left in the ring; what is still there at the end
/// of the round, `count` of them, is copied out. Keeps the round's common case, one awaited answer,
/// free of copies.
void copy_out(ClientEnd& end, std::uint32_t count) noexcept;

/// As the processor keeps a 32-bit index in a register.
[[nodiscard]] constexpr std::int64_t sign_extended(std::uint32_t index) noexcept {
    return static_cast<std::int32_t>(index);
}

/// Room for a message that is not zeroed first.
union MessageCopy {
    RingMessage message;
    MessageCopy() noexcept {}
};

/// Reads the only message that is there from beside the index, if it is there too.
[[nodiscard, gnu::always_inline]] inline bool
take_copy(const RingConsumer<NativeSync>& ring, std::uint32_t count, RingMessage& copy) noexcept {
    static_assert(offsetof(RingMessage, aux) == abi::kCopyWords * sizeof(std::uint64_t));
    if constexpr (!arch::kCopyBesideTail)
        return false;
    return count == 1 && ring.take_copy(reinterpret_cast<std::uint64_t*>(&copy), abi::kCopyWords);
}

/// Takes `count` completions and resumes who awaits them. Untrusted: the whole completion; each
/// word is loaded once.
template <bool kTraced>
[[gnu::always_inline]] inline void
complete_calls(Executor& executor, ClientEnd& end, std::uint32_t count) noexcept {
    ModuleState& module = *end.module;
    if (!enter_module(module)) [[unlikely]]
        return;
    executor.statistics.completed.add(count);
    const RingMessage* const slots = end.completion_slots;
    Pending* const pendings = end.pendings;
    const std::uint32_t first = end.completions.head();
    auto behind = sign_extended(first + count);
    Outcome in_flight{PendingState::in_flight}, in_ring = Outcome::left_in_ring();
    keep_here(in_flight);
    keep_here(in_ring);
    keep_here(behind);
    std::uint32_t head = first;
    std::uint32_t left = count; // in the ring
    MessageCopy room;
    RingMessage& copy = room.message;
    const bool copied = take_copy(end.completions, count, copy);
    do {
        const RingMessage& message = copied ? copy : slots[head % abi::kCompletionSlots];
        const std::uint64_t word = message.head.load(Order::relaxed);
        Pending& pending = pendings[word % kPoolPendings];
        ++head;
        // The common case: a call of ours in flight that succeeded, and nobody waits for its
        // credit. Anything else is looked at closely: also a copy that nobody awaits, which is gone
        // at the end of the round.
        if (pending.cookie == word && pending.outcome == in_flight &&
            (!copied || pending.coroutine != nullptr)) [[likely]] {
            pending.reply = reinterpret_cast<const std::uint64_t*>(
                message.words); // read, or copied, before release() below
            if (void* coroutine = pending.coroutine; coroutine != nullptr) {
                pending.outcome = Outcome{PendingState::done};
                pending.coroutine = nullptr;
                --left;
                end.completions.take_to(head);
                if constexpr (kTraced)
                    record(executor,
                           trace::What::completed,
                           call_at(end, static_cast<std::uint32_t>(word)),
                           0,
                           1);
                std::coroutine_handle<>::from_address(coroutine).resume();
                if constexpr (kTraced)
                    note(executor, trace::What::rested);
            } else {
                pending.outcome = in_ring;
                if constexpr (kTraced)
                    record(executor,
                           trace::What::completed,
                           call_at(end, static_cast<std::uint32_t>(word)));
            }
        } else {
            --left;
            end.completions.take_to(head);
            if (!complete_slowly(executor, end, message, word)) [[unlikely]] {
                leave_module(executor, module);
                fault_client(executor, end);
                return;
            }
        }
    } while (sign_extended(head) != behind);
    end.completions.take_to(head);
    if (left != 0) {
        const std::uint32_t read = std::exchange(end.read_in_place, 0);
        if (read != left)
            copy_out(end, left - read);
    }
    end.completions.release();
    if (end.holding) [[unlikely]]
        submit_held(end);
    leave_module(executor, module);
}

/// The indices of a server's two rings while its loop runs, in registers. The ends' own are brought
/// up to date before anybody else looks at them: after each message where a module that faults
/// leaves the loop for ever and the executor goes on, as in the kernel.
struct ServedIndices {
    ServerEnd& end;
    ProducerWords<NativeSync>& answers = end.completions.ring.shared();
    std::uint32_t head = end.submissions.head();
    std::uint32_t tail = end.completions.ring.tail();

    [[gnu::always_inline]] void taken() noexcept {
        ++head;
        if constexpr (kManyThreads)
            end.submissions.take_to(head);
    }
    [[gnu::always_inline]] void answered() noexcept {
        ++tail;
        if constexpr (kManyThreads)
            end.completions.ring.set_tail(tail);
        RingProducer<NativeSync>::publish_index(answers, tail - 1, tail); // [R1]
    }
    void bring_up_to_date() noexcept {
        end.submissions.take_to(head);
        end.completions.ring.set_tail(tail);
    }
    /// After something else may have answered on this channel.
    void look_again() noexcept { tail = end.completions.ring.tail(); }
};

/// Takes `count` requests and runs their handlers. Untrusted: the whole submission; each word is
/// loaded once.
template <bool kTraced>
[[gnu::always_inline]] inline void
serve_requests(Executor& executor, ServerEnd& end, std::uint32_t count) noexcept {
    ModuleState& module = *end.module;
    if (!enter_module(module)) [[unlikely]]
        return;
    if constexpr (kManyThreads) {
        if ((module.gate.load(Order::relaxed) & kGateQueued) !=
            0) // requests of synchronous callers came first
            run_mailbox(executor, module);
        executor.serving = &end; // the nucleus asks whose call it is
    }
    executor.statistics.received.add(count);
    const abi::MethodTable& table = *end.methods;
    const std::uint64_t plain_methods = table.plain_count;
    const RingMessage* const slots = end.submission_slots;
    RingMessage* const answers = end.completion_slots;
    ServedIndices indices{end};
    auto behind = sign_extended(indices.head + count);
    keep_here(behind);
    MessageCopy room;
    RingMessage& copy = room.message;
    const bool copied = take_copy(end.submissions, count, copy);
    do {
        const RingMessage& message = copied ? copy : slots[indices.head % abi::kSubmissionSlots];
        const std::uint64_t cookie = message.load_cookie();
        const std::uint64_t opcode = message.load_code_and_flags(); // with flags it is no method
        indices.taken();
        if (opcode >= plain_methods) [[unlikely]] {
            indices.bring_up_to_date();
            if (!serve_rarely(executor, end, message, cookie, opcode)) {
                leave_module(executor, module);
                return;
            }
            indices.look_again();
            continue;
        }
        const abi::MethodEntry& method = table.methods[opcode];
        if constexpr (kTraced)
            record(
                executor, trace::What::started, call_at(executor, end, cookie), opcode, module.id);
        // The reply is written into the completion slot at once: it is ours until it is published.
        // A client that submits beyond its credits makes us overwrite answers it has not taken: its
        // own loss, and nobody else's.
        RingMessage& answer = answers[indices.tail % abi::kCompletionSlots];
        const abi::RawFuture result = reinterpret_cast<InvokeFn>(method.invoke)(
            reinterpret_cast<std::uint64_t*>(answer.words),
            message.words[0].load(Order::relaxed),
            message.words[1].load(Order::relaxed),
            message.words[2].load(Order::relaxed),
            message.words[3].load(Order::relaxed),
            message.words[4].load(Order::relaxed),
            message.words[5].load(Order::relaxed));
        if constexpr (kTraced)
            note(executor,
                 trace::What::returned,
                 call_at(executor, end, cookie),
                 result.state == abi::kStateSuspended ? 1 : 0);
        if (result.state == 0) [[likely]] {
            answer.head.store(cookie, Order::relaxed); // status ok
            if (copied) // who is alone with one call waits for one answer
                copy_beside(indices.answers, indices.tail, answer);
            indices.answered();
        } else {
            indices.bring_up_to_date();
            finish_request(end, static_cast<std::uint32_t>(cookie), result);
            if (end.closed) [[unlikely]] {
                leave_module(executor, module);
                return;
            }
            indices.look_again();
        }
    } while (sign_extended(indices.head) != behind);
    indices.bring_up_to_date();
    end.submissions.release();
    mark_dirty(end.completions, executor);
    leave_module(executor, module);
}

} // namespace cw::runtime
