// riscv64: the thread's context is what tp points to; compiled code never uses tp, as modules have
// no thread-local storage.
#pragma once
#include <cstdint>

namespace cw {
struct Context;

namespace arch {
[[gnu::always_inline]] inline Context* context() noexcept {
    return static_cast<Context*>(__builtin_thread_pointer());
}
[[gnu::always_inline]] inline std::uint64_t stack_pointer() noexcept {
    std::uint64_t value;
    asm("mv %0, sp" : "=r"(value));
    return value;
}
} // namespace arch
} // namespace cw
