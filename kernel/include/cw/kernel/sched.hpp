// Harts and scheduling. A thread stays on its home hart; only that hart touches its queues.
#pragma once
#include <cstdint>
#include <cw/abi/syscall.hpp>
#include <cw/kernel/spinlock.hpp>
#include <cw/kernel/thread.hpp>

namespace cw::kernel {

inline constexpr unsigned kMaxHarts = 8;

struct alignas(64) Hart {
    std::uint64_t spare_stack_top; // 0: used by trap.S
    std::uint32_t id;              ///< As the machine numbers it.
    std::uint32_t index;           ///< 0, 1, ...
    Thread* current;               // 16: used by trap.S, like the next one but two
    Thread* idle;
    std::uint32_t ready_mask; // 32: bit per priority; trap.S loads both words at once
    std::uint32_t latched;    ///< Threads with Thread::latched.
    WakeWord wake;            // 64: used by trap.S
    Thread* ready[kPriorities];
    Thread* ready_last[kPriorities];
    Thread* slots[kWakeSlots]; ///< Threads by wake slot.
    std::uint32_t next_slot;
    Thread* deadlines;         ///< Soonest first.
    Atomic<RemoteWork*> inbox; ///< Pushed release [R8], drained acquire [A8].
    Thread* dead;              ///< Ended threads whose stacks are to be freed.
    std::uint64_t switches, traps, interrupts;
};
static_assert(offsetof(Hart, current) == 16 && offsetof(Hart, ready_mask) == 32 &&
                  offsetof(Hart, latched) == 36 && offsetof(Hart, wake) == 64,
              "trap.S");

[[nodiscard]] Hart& hart(unsigned index) noexcept;
[[nodiscard]] unsigned hart_count() noexcept;
[[nodiscard]] inline Hart& this_hart() noexcept {
    return *current()->hart;
}

/// Prepares a hart and its idle thread. Context: boot hart.
void hart_initialise(unsigned index, std::uint32_t id, std::uint64_t sswi_registers) noexcept;
void set_hart_count(unsigned count) noexcept;
/// Turns the calling boot context into the hart's idle thread. Does not return.
[[noreturn]] void hart_enter(unsigned index) noexcept;

/// Gives a new thread its home, for good, and its wake slot.
void thread_assign(Thread& thread, Hart& home) noexcept;
/// Undoes thread_assign() for a thread that is never started, or never again.
void thread_unassign(Thread& thread) noexcept;
/// Makes a prepared thread (home, saved context, resume kind, priority) ready for the first time.
/// Context: any hart.
void thread_start(Thread& thread) noexcept;
/// The hart with the fewest threads.
[[nodiscard]] Hart& least_loaded_hart() noexcept;
/// Rings a thread's doorbell from the kernel. Context: any.
void thread_wake(Thread& thread) noexcept;
/// The grant that rings this thread.
[[nodiscard]] WakeGrant wake_grant_for(Thread& thread) noexcept;
/// Runs `work` on `target` soon.
void run_on(Hart& target, RemoteWork& work) noexcept;

/// As abi::Call::wait, for kernel threads. Context: interrupts on or off; they are on afterwards if
/// they were.
Status kernel_wait(std::uint64_t deadline) noexcept;
/// Picks the next thread; the current one is parked as ResumeKind::kernel and comes back here.
/// Context: interrupts off.
void reschedule() noexcept;
/// The current thread ends. Does not return.
[[noreturn]] void thread_exit() noexcept;

/// Timer and software interrupts. Context: trap, interrupts off.
void on_timer() noexcept;
void on_software_interrupt() noexcept;

} // namespace cw::kernel
