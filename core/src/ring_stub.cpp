// The ring stubs: what a slot points to when the callee lives in another domain. One per number of
// argument words.
#include "runtime.hpp"
#include <cw/core/ring_stub.hpp>
#include <utility>

namespace cw {

namespace {

using namespace runtime;

/// No credit, or a closed channel.
[[gnu::noinline, gnu::cold]] abi::RawFuture
submit_slowly(Edge& edge, const std::uint64_t* words, std::uint32_t count) noexcept {
    ClientEnd& end = *edge.end;
    if (end.closed)
        return {0, static_cast<std::uint64_t>(Status::peer_died)};
    // Guarantee 5: the calling task suspends until a credit comes back. An entry of either pool
    // holds the arguments.
    hold_calls(end);
    Pending* pending = pool_take(end.returned);
    if (pending == nullptr) {
        pending = pool_take(edge.client->free);
        if (pending == nullptr)
            return {0, static_cast<std::uint64_t>(Status::no_memory)};
        pending->end = &end;
        pending->alone = false;
        pending->started = false;
    }
    for (std::uint32_t i = 0; i < count; ++i)
        pending->words[i] = words[i];
    pending->outcome = Outcome{PendingState::queued};
    pending->coroutine = nullptr;
    pending->next = nullptr;
    pending->argument_words = static_cast<std::uint8_t>(count);
    pending->opcode = edge.opcode;
    (end.overflow == nullptr ? end.overflow : end.overflow_last->next) = pending;
    end.overflow_last = pending;
    submit_held(end); // entries may be used up by answers that nobody has looked at yet
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

template <class... W>
[[gnu::noinline, gnu::cold]] abi::RawFuture slow_entry(Edge& edge, W... words) noexcept {
    const std::uint64_t array[] = {words..., 0};
    return submit_slowly(edge, array, sizeof...(W));
}

template <class... W>
[[gnu::always_inline]] inline abi::RawFuture submit(const abi::Slot* slot, W... words) noexcept {
    Edge& edge = *slot->edge;
    ClientEnd& end = *edge.end;
    Pending* pending = end.free;
    if (pending == nullptr) [[unlikely]]
        return slow_entry(edge, words...);
    end.free = pending->next;
    pending->outcome = Outcome{PendingState::in_flight};
    RingMessage& message =
        end.submission_slots[end.submissions.ring.slot_of<abi::kSubmissionSlots>()];
    message.head.store(edge.submission | pending->cookie, Order::relaxed);
    std::size_t index = 0;
    (message.words[index++].store(words, Order::relaxed), ...);
    end.submissions.ring.publish();
    mark_dirty(end);
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

template <class Indices>
struct Stub;
template <std::size_t... I>
struct Stub<std::index_sequence<I...>> {
    static abi::RawFuture small(const abi::Slot* slot,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        return submit(slot, w...);
    }
    static abi::RawFuture large(const abi::Slot* slot,
                                std::uint64_t*,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        return submit(slot, w...);
    }
};

template <class Function>
AnyFunction any(Function function) noexcept {
    return reinterpret_cast<AnyFunction>(function);
}

} // namespace

namespace {
abi::RawFuture never_linked(const abi::Slot*) noexcept {
    return {0, static_cast<std::uint64_t>(Status::not_found)};
}
abi::RawFuture provider_gone(const abi::Slot*) noexcept {
    return {0, static_cast<std::uint64_t>(Status::peer_died)};
}
} // namespace

AnyFunction unlinked_stub(bool provider_ended) noexcept {
    return provider_ended ? any(&provider_gone) : any(&never_linked);
}

AnyFunction ring_stub(std::uint32_t argument_words, bool large_reply) noexcept {
    switch (argument_words) {
#define CW_STUB(n)                                                                                 \
    case n:                                                                                        \
        return large_reply ? any(&Stub<std::make_index_sequence<n>>::large)                        \
                           : any(&Stub<std::make_index_sequence<n>>::small)
        CW_STUB(0);
        CW_STUB(1);
        CW_STUB(2);
        CW_STUB(3);
        CW_STUB(4);
        CW_STUB(5);
        CW_STUB(6);
#undef CW_STUB
    default:
        return nullptr;
    }
}

} // namespace cw
