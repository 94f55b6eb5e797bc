// A programme that traps itself behind each of its instructions. For x86-64 Linux.
#pragma once
#include <csignal>
#include <cstdint>

namespace cw::test {

constexpr std::uint64_t kTrapFlag = 0x100; // Source: Intel SDM 3, 18.3.1.4.

inline void set_traps(bool on) noexcept {
    std::uint64_t flags = 0;
    asm volatile("pushfq; popq %0" : "=r"(flags));
    flags = on ? flags | kTrapFlag : flags & ~kTrapFlag;
    asm volatile("pushq %0; popfq" : : "r"(flags) : "cc", "memory");
}

inline void (*behind_each)(); ///< Called on the stack of what is stepped.

/// Runs `function()` and calls `behind` after each of its instructions. Context: one at a time.
template <class Function>
auto run_stepped(void (*behind)(), Function&& function) {
    behind_each = behind;
    const auto former = std::signal(SIGTRAP, [](int) { behind_each(); });
    set_traps(true);
    auto result = function();
    set_traps(false);
    std::signal(SIGTRAP, former);
    return result;
}

} // namespace cw::test
