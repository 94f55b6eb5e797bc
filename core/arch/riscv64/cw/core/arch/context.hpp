// riscv64: the thread's context is what tp points to; compiled code never uses tp, as modules have
// no thread-local storage.
#pragma once
#include <cstdint>

namespace cw {
struct Context;

namespace arch {
/// An atomic operation on a line of our own costs more than a load, a branch and a store.
inline constexpr bool kAtomicsAreSlow = false;

[[gnu::always_inline]] inline Context* context() noexcept {
    return static_cast<Context*>(__builtin_thread_pointer());
}
/// True if the stack pointer is below `limit`. One instruction: the comparison takes sp as it is.
[[gnu::always_inline]] inline bool stack_is_below(std::uint64_t limit) noexcept {
    asm goto("bltu sp, %0, %l1" : : "r"(limit) : : below);
    return false;
below:
    return true;
}
} // namespace arch
} // namespace cw
