// How a call looks in registers, whatever its path: function, synchronous stub and ring stub share
// this ABI; only the slot differs.
//
// riscv64: a0 = address of the slot called through; a1.. = argument words (0..6). A method whose
// reply is larger than one word takes the address for the reply in a1 and its argument words from
// a2 on. Result: RawFuture in a0, a1.
#pragma once
#include <cstdint>

namespace cw {
struct Edge;
} // namespace cw

namespace cw::abi {

/// What a call returns at once. Trivially copyable, so it travels in two registers.
struct RawFuture {
    std::uint64_t value; ///< The reply, if it is at most one word and `state` is 0.
    std::uint64_t
        state; ///< 0: resolved. 1..255: resolved with that Status. Else: address of a Pending.
};

inline constexpr std::uint64_t kMaxErrorState = 255;
/// From a handler to its invoker only: the handler suspended; `value` is the address of its
/// promise.
inline constexpr std::uint64_t kStateSuspended = 256;
/// From the kernel to the synchronous stub only: the completion ring answers under the cookie that
/// was passed.
inline constexpr std::uint64_t kStateQueued = 257;

/// One per required method, in the caller's relocated read-only data; written by the loader.
struct Slot {
    void (*function)(); ///< Called with the ABI above.
    Edge* edge;         ///< The caller's end of the edge.
};
static_assert(sizeof(Slot) == 16);

} // namespace cw::abi
