// Submitting a call to a ring: the one piece of code in the generic ring stubs (core/src) and in
// those that a provider brings along (remote_stub.hpp).
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/executor.hpp>
#include <initializer_list>

namespace cw {

namespace runtime {
/// Makes sure that the wake-up for what was just published is looked at before the executor sleeps.
[[gnu::always_inline]] inline void mark_dirty(Outgoing& outgoing, Executor& executor) noexcept {
    if (outgoing.next_dirty != nullptr)
        return; // once for a batch
    outgoing.next_dirty = executor.dirty;
    executor.dirty = &outgoing;
}

[[gnu::always_inline]] inline void mark_dirty(Outgoing& outgoing) noexcept {
    mark_dirty(outgoing, *outgoing.executor);
}
} // namespace runtime

/// Takes a credit, writes one message, publishes it; nobody is woken yet. Without a credit, or on a
/// channel that is closed, the rest is `kSlowly`'s, a function that is not inlined and gets the
/// same words. `kPublished` makes sure that the wake-up is looked at.
/// Requires: the gate of the calling module is held.
template <auto kSlowly, auto kPublished, class... W>
[[gnu::always_inline]] inline abi::RawFuture ring_submit(const abi::Slot* slot,
                                                         W... words) noexcept {
    Edge& edge = *slot->edge;
    ClientEnd& end = *edge.end;
    Pending* pending = end.free;
    if (pending == nullptr) [[unlikely]]
        return kSlowly(edge, words...);
    end.free = pending->next;
    pending->outcome = Outcome{PendingState::in_flight};
    const std::uint32_t tail = end.submissions.ring.tail();
    RingMessage& message = end.submission_slots[tail % abi::kSubmissionSlots];
    message.head.store(edge.submission | pending->cookie, Order::relaxed);
    std::size_t index = 0;
    (message.words[index++].store(words, Order::relaxed), ...);
    if constexpr (arch::kCopyBesideTail) {
        if (end.in_flight() == 0)
            end.submissions.ring.copy_beside({edge.submission | pending->cookie, words...});
    }
    end.submissions.ring.publish_to(tail + 1);
    kPublished(end);
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

namespace detail {
consteval std::uint32_t fingerprint(std::initializer_list<std::size_t> numbers) {
    std::uint32_t hash = 0x811c'9dc5; // FNV-1a, a number at a time
    for (const std::size_t number : numbers)
        hash = (hash ^ static_cast<std::uint32_t>(number)) * 0x0100'0193;
    return hash;
}
} // namespace detail

/// What ring_submit() compiled into a module takes for granted about the runtime of its clients'
/// domains. A provider whose stubs were compiled with another value is not linked that way.
inline constexpr std::uint32_t kSubmitLayout =
    detail::fingerprint({offsetof(abi::Slot, edge),
                         offsetof(Edge, end),
                         offsetof(Edge, client),
                         offsetof(Edge, submission),
                         offsetof(ClientEnd, free),
                         offsetof(ClientEnd, submissions),
                         offsetof(ClientEnd, submission_slots),
                         offsetof(ClientEnd, completions),
                         offsetof(ClientEnd, cancels),
                         offsetof(ClientEnd, by_call),
                         sizeof(RingConsumer<NativeSync>),
                         std::size_t{arch::kCopyBesideTail},
                         offsetof(Outgoing, ring),
                         sizeof(RingProducer<NativeSync>),
                         offsetof(Outgoing, next_dirty),
                         offsetof(Outgoing, executor),
                         offsetof(Executor, dirty),
                         offsetof(Executor, passed_through),
                         offsetof(ClientEnd, module),
                         offsetof(Pending, next),
                         offsetof(Pending, outcome),
                         offsetof(Pending, cookie),
                         offsetof(RingMessage, head),
                         offsetof(RingMessage, words),
                         sizeof(RingMessage),
                         abi::kSubmissionSlots,
                         offsetof(ModuleState, ops),
                         offsetof(RuntimeOps, submit_slowly),
                         offsetof(RuntimeOps, note_submitted)});

} // namespace cw
