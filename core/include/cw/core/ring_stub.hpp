// Access to the ring stubs of this side (the vDSO's in user domains, the kernel's in the kernel).
#pragma once
#include <cstdint>
#include <cw/abi/call.hpp>

namespace cw {

using AnyFunction = void (*)();

/// The stub for methods with this shape, for Slot::function; null for an impossible shape.
[[nodiscard]] AnyFunction ring_stub(std::uint32_t argument_words, bool large_reply) noexcept;
/// The same, which records each call while tracing is on.
[[nodiscard]] AnyFunction traced_ring_stub(std::uint32_t argument_words, bool large_reply) noexcept;

/// For slots that lead nowhere: the requirement is optional and nobody provides it (not_found), or
/// its provider has ended (peer_died).
[[nodiscard]] AnyFunction unlinked_stub(bool provider_ended) noexcept;

/// What a synchronous stub does when its channel has no credit: the call goes by ring, behind those
/// that wait already. `words` has room for six.
[[nodiscard]] abi::RawFuture submit_without_credit(const abi::Slot* slot,
                                                   const std::uint64_t* words) noexcept;

} // namespace cw
