// The ring stubs: what a slot points to when the callee lives in another domain. One per number of
// argument words.
#include "crossing.hpp"
#include "ops.hpp"
#include "runtime.hpp"
#include "trace.hpp"
#include <cw/core/ring_stub.hpp>
#include <cw/core/ring_submit.hpp>
#include <utility>

namespace cw {

namespace {

using namespace runtime;

template <class... W>
[[gnu::noinline, gnu::cold]] abi::RawFuture slowly(Edge& edge, W... words) noexcept {
    const std::uint64_t array[] = {words..., 0};
    return ops::submit_slowly(&edge, array, sizeof...(W));
}

template <class Indices>
struct Stub;
template <std::size_t... I>
struct Stub<std::index_sequence<I...>> {
    static abi::RawFuture small(const abi::Slot* slot,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        return ring_submit<&slowly<decltype(w)...>, &mark_submitted>(slot, w...);
    }
    static abi::RawFuture large(const abi::Slot* slot,
                                std::uint64_t*,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        return ring_submit<&slowly<decltype(w)...>, &mark_submitted>(slot, w...);
    }
};

/// Requires: the gate of the calling module is held, as for the submission itself.
[[gnu::noinline]] void record_submission(const Edge& edge) noexcept {
    const ClientEnd& end = *edge.end;
    if (end.free != nullptr) // else whoever submits it later says so
        note_here(
            trace::What::submitted, call_at(end, end.free->cookie), edge.opcode, edge.client->id);
}

/// The same, and record it before anybody can answer.
template <class Indices>
struct TracedStub;
template <std::size_t... I>
struct TracedStub<std::index_sequence<I...>> {
    static abi::RawFuture small(const abi::Slot* slot,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        record_submission(*slot->edge);
        return Stub<std::index_sequence<I...>>::small(slot, w...);
    }
    static abi::RawFuture large(const abi::Slot* slot,
                                std::uint64_t* reply,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        record_submission(*slot->edge);
        return Stub<std::index_sequence<I...>>::large(slot, reply, w...);
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

abi::RawFuture submit_without_credit(const abi::Slot* slot, const std::uint64_t* words) noexcept {
    Edge& edge = *slot->edge;
    edge.end->synchronous = true;
    return runtime::ops::submit_slowly(&edge, words, edge.argument_words);
}

abi::RawFuture
runtime::ops::submit_slowly(Edge* edge, const std::uint64_t* words, std::uint32_t count) noexcept {
    ClientEnd& end = *edge->end;
    if (end.closed)
        return {0, static_cast<std::uint64_t>(Status::peer_died)};
    // Guarantee 5: the calling task suspends until a credit comes back. An entry of either pool
    // holds the arguments.
    hold_calls(end);
    Pending* pending = pool_take(end.returned);
    if (pending == nullptr) {
        pending = pool_take(edge->client->free);
        if (pending == nullptr)
            return {0, static_cast<std::uint64_t>(Status::no_memory)};
        pending->end = &end;
        pending->alone = false;
        pending->callee = nullptr;
    }
    for (std::uint32_t i = 0; i < count; ++i)
        pending->words[i] = words[i];
    pending->outcome = Outcome{PendingState::queued};
    pending->coroutine = nullptr;
    pending->next = nullptr;
    pending->argument_words = static_cast<std::uint8_t>(count);
    pending->opcode = edge->opcode;
    (end.overflow == nullptr ? end.overflow : end.overflow_last->next) = pending;
    end.overflow_last = pending;
    submit_held(end); // entries may be used up by answers that nobody has looked at yet
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

AnyFunction unlinked_stub(bool provider_ended) noexcept {
    return provider_ended ? any(&provider_gone) : any(&never_linked);
}

namespace {
template <template <class> class Kind>
AnyFunction stub_of(std::uint32_t argument_words, bool large_reply) noexcept {
    switch (argument_words) {
#define CW_STUB(n)                                                                                 \
    case n:                                                                                        \
        return large_reply ? any(kCrossing<&Kind<std::make_index_sequence<n>>::large>)             \
                           : any(kCrossing<&Kind<std::make_index_sequence<n>>::small>)
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
} // namespace

AnyFunction ring_stub(std::uint32_t argument_words, bool large_reply) noexcept {
    return stub_of<Stub>(argument_words, large_reply);
}

AnyFunction traced_ring_stub(std::uint32_t argument_words, bool large_reply) noexcept {
    return stub_of<TracedStub>(argument_words, large_reply);
}

} // namespace cw
