// The three system calls. Everything else is a service.
#pragma once
#include <cstdint>

namespace cw::abi {

/// riscv64: number in a7, `ecall`. wake and call: all t registers, a0..a7 and ra are lost, as by a
/// function call; s registers, sp, gp and tp are kept (wake keeps everything but a0, a7 and t0).
/// wait: only sp is kept, tp is what the thread began with; every other register but a0 and a1 is
/// zero afterwards.
enum class Call : std::uint64_t {
    /// wake(a0 = doorbell): rings a doorbell of the caller's own table. a0 = Status. Latches; never
    /// blocks.
    wake = 0,
    /// wait(a0 = deadline in ticks or kNoDeadline, a1 = doorbell to ring first or kNoDoorbell):
    /// sleeps until a doorbell of this
    /// thread is rung or the deadline passes. A ring that came earlier makes it return at once. May
    /// return without cause.
    /// a0 = Status::ok, timed_out, or out_of_range (no such doorbell; nothing was done).
    /// a1 = RingTag (control.hpp): exactly one doorbell of this thread was rung since it last
    /// returned, that of this ring; 0: any number, of any.
    wait = 1,
    /// call(a0 = call grant, a1..a6 = argument words, t1 = cookie): synchronous call of a service
    /// that lives in the kernel.
    /// a0 = first reply word, a1 = state (see RawFuture; kStateQueued: the completion ring answers
    /// later), a2..a6 = more reply words.
    call = 2,
};

inline constexpr std::uint64_t kNoDeadline = ~std::uint64_t{0};
inline constexpr std::uint64_t kNoDoorbell = ~std::uint64_t{0};

} // namespace cw::abi
