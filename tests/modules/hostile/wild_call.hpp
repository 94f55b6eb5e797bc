// A system call with every register forged, the stack pointer and the thread's context included.
#pragma once
#include <cstddef>
#include <cstdint>

namespace hostile {

struct Registers {
    std::uint64_t a[8]; ///< a0 to a7: arguments, then the number.
    std::uint64_t t1;   ///< Cookie.
    std::uint64_t sp, gp, tp;
    std::uint64_t others; ///< In ra, t2 to t6 and s0 to s11.
};
static_assert(offsetof(Registers, others) == 96);

/// Comes back whatever the call keeps; gives the number of words that it forged.
std::uint64_t wild_call(const Registers& registers) noexcept;
/// As the call above, but an illegal instruction instead of it. Does not come back.
[[noreturn]] void wild_fault(const Registers& registers) noexcept;

} // namespace hostile
