// Hosted builds: the context is a thread-local pointer.
#pragma once
#include <cstdint>

namespace cw {
struct Context;

namespace arch {
/// An atomic operation on a line of our own costs more than a load, a branch and a store.
inline constexpr bool kAtomicsAreSlow = true;

/// Visible: module files have the host's, not one of their own.
[[gnu::visibility("default")]] inline constinit thread_local Context* current_context = nullptr;
inline Context* context() noexcept {
    return current_context;
}
inline bool stack_is_below(std::uint64_t limit) noexcept {
    return reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)) < limit;
}
} // namespace arch
} // namespace cw
