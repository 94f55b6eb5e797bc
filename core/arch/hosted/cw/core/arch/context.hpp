// Hosted builds: the context is a thread-local pointer.
#pragma once
#include <cstdint>

namespace cw {
struct Context;

namespace arch {
/// Visible: module files have the host's, not one of their own.
[[gnu::visibility("default")]] inline constinit thread_local Context* current_context = nullptr;
inline Context* context() noexcept {
    return current_context;
}
inline std::uint64_t stack_pointer() noexcept {
    return reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
}
} // namespace arch
} // namespace cw
