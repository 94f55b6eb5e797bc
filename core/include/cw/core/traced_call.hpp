// What a slot points to while tracing is on, in the place of a stub that makes a system call.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/call.hpp>
#include <utility>

namespace cw {

/// Records that a call begins; how records name it.
[[nodiscard]] std::uint64_t trace_called(const abi::Slot* slot) noexcept;
void trace_came_back(std::uint64_t call, abi::RawFuture result) noexcept;

/// For a stub with as many argument words as there are indices.
template <auto kStub, class Indices>
struct TracedCall;
template <auto kStub, std::size_t... I>
struct TracedCall<kStub, std::index_sequence<I...>> {
    static abi::RawFuture small(const abi::Slot* slot,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        using Function =
            abi::RawFuture (*)(const abi::Slot*, decltype(static_cast<std::uint64_t>(I))...);
        const std::uint64_t call = trace_called(slot);
        const abi::RawFuture result = reinterpret_cast<Function>(kStub)(slot, w...);
        trace_came_back(call, result);
        return result;
    }
    static abi::RawFuture large(const abi::Slot* slot,
                                std::uint64_t* reply,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        using Function = abi::RawFuture (*)(
            const abi::Slot*, std::uint64_t*, decltype(static_cast<std::uint64_t>(I))...);
        const std::uint64_t call = trace_called(slot);
        const abi::RawFuture result = reinterpret_cast<Function>(kStub)(slot, reply, w...);
        trace_came_back(call, result);
        return result;
    }
};

} // namespace cw
