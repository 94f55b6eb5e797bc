// x86-64: the thread's context is where the base of gs points; compiled code never uses gs, and
// modules have no thread-local storage. Needs FSGSBASE (Ivy Bridge, Zen; Linux 5.9 lets user mode
// have it).
#pragma once
#include <cstdint>

namespace cw {
struct Context;

namespace arch {
/// An atomic operation on a line of our own costs more than a load, a branch and a store.
inline constexpr bool kAtomicsAreSlow = true;

[[gnu::always_inline]] inline Context* context() noexcept {
    Context* value;
    asm("rdgsbase %0" : "=r"(value));
    return value;
}
/// True if the stack pointer is below `limit`.
[[gnu::always_inline]] inline bool stack_is_below(std::uint64_t limit) noexcept {
    asm goto("cmpq %0, %%rsp\n jb %l1" : : "r"(limit) : "cc" : below);
    return false;
below:
    return true;
}
} // namespace arch
} // namespace cw
