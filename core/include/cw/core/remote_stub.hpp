// The ring stubs that a provider brings along in `.remote.text`: mapped once, shared by all clients
// that trust the provider. Code there runs outside of the module's image, with its client's rights:
// it refers to nothing but its arguments. The build refuses a module where it does
// (tools/checks/remote_text.py).
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/ring_submit.hpp>
#include <utility>

namespace cw {

template <class Indices>
struct RemoteStub;

/// For methods with as many argument words as there are indices; methods of one shape share it.
template <std::size_t... I>
struct RemoteStub<std::index_sequence<I...>> {
    [[gnu::section(".remote.text"), gnu::noinline]] static abi::RawFuture
    slowly(Edge& edge, decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        const std::uint64_t words[] = {w..., 0};
        return edge.client->ops->submit_slowly(&edge, words, sizeof...(I));
    }
    /// The vDSO's stub knows that its domain has one thread; this one may be in the kernel.
    [[gnu::always_inline]] static void published(ClientEnd& end) noexcept {
        if (end.submissions.executor->passed_through) [[unlikely]]
            end.module->ops->note_submitted(&end);
        else
            runtime::mark_dirty(end.submissions);
    }
    [[gnu::section(".remote.text"), gnu::flatten]] static abi::RawFuture
    small(const abi::Slot* slot, decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        return ring_submit<&slowly, &published>(slot, w...);
    }
    [[gnu::section(".remote.text"), gnu::flatten]] static abi::RawFuture
    large(const abi::Slot* slot,
          std::uint64_t*,
          decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        return ring_submit<&slowly, &published>(slot, w...);
    }
};

} // namespace cw
