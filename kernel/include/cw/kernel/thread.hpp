// Threads, and what the trap entry knows of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/call.hpp>
#include <cw/abi/control.hpp>
#include <cw/core/atomic.hpp>
#include <cw/core/module_state.hpp>
#include <cw/core/result.hpp>
#include <cw/kernel/layout.hpp>
#include <cw/nucleus/grants.hpp>
#include <string_view>

namespace cw::kernel {

struct RemoteWork {
    RemoteWork* next = nullptr;
    void (*run)(RemoteWork&) = nullptr; ///< On the target hart, interrupts off.
};

struct Hart;
struct Domain;
struct ExecutorRecord;
struct Thread;

/// One word per hart on which its threads are woken: bit n marks the threads of wake slot n, bit 63
/// says "interrupt me": set by compare and swap before the hart sleeps, so that the first waker
/// alone sends the interrupt. Duplicates merge, nothing can overflow. Wakers: fetch_or, acq_rel
/// [R6] in the trap entry; drained by exchange, acquire [A6], in the scheduler.
struct alignas(64) WakeWord {
    Atomic<std::uint64_t> word;
    volatile std::uint32_t*
        poke; ///< The hart's SSWI register (ACLINT 1.0, chapter 4), written 1 to interrupt it.
    Hart* hart;
};
inline constexpr std::uint64_t kWakePoke = std::uint64_t{1} << 63;
inline constexpr unsigned kWakeSlots = 62;

/// A doorbell in a domain's table. An index the caller never got is out of range; one that was
/// taken back rings a word nobody looks at.
struct WakeGrant {
    WakeWord* word;
    std::uint64_t mask;
};
static_assert(sizeof(WakeGrant) == 16);

/// Whom a doorbell rings, for wait(), which may run that thread at once. Used by trap.S.
struct DoorbellTarget {
    Thread* thread;   ///< Null: it has ended, or the doorbell is not in use.
    abi::RingTag tag; ///< 0: it is not in use.
};
static_assert(sizeof(DoorbellTarget) == 16);

/// Registers a function call keeps, and where to go on. Enough for a thread that gave the processor
/// up by itself.
struct SavedContext {
    std::uint64_t ra, sp, gp, tp;
    std::uint64_t s[12];
    std::uint64_t pc; ///< User threads only.
    std::uint64_t a0; ///< User threads only: result of the system call.
};

enum class ThreadState : std::uint32_t { waiting, running, ready, ended }; // the first two: trap.S
enum class ResumeKind : std::uint32_t {
    user,   ///< Sits in wait(): `saved` holds its user registers.
    kernel, ///< Sits in switch_from(): `saved` holds its kernel registers.
};

inline constexpr unsigned kPriorities = 8;

inline constexpr unsigned kKernelStackPages = 5;
/// Of a kernel stack, for the handling of an interrupt: module code that reaches into it has
/// overflowed its stack. Exceptions are handled on the hart's spare stack.
inline constexpr std::uint64_t kInterruptReserve = 2048;

/// tp and sscratch point here while the kernel runs. Offsets are used by trap.S.
struct alignas(64) Thread {
    Context context;           // 0: stack_limit, executor, cookie
    std::uint64_t scratch;     // 24: t0 of whoever trapped
    std::uint64_t wake_limit;  // 32
    WakeGrant* wake_base;      // 40
    std::uint64_t call_limit;  // 48
    CallGrant* call_base;      // 56
    std::uint64_t stack_top;   // 64: of the kernel stack
    std::uint64_t user_satp;   // 72
    std::uint64_t kernel_satp; // 80
    std::uint64_t stack_base;  // 88
    SavedContext saved;        // 96
    std::uint64_t saved_satp;  // 240: ResumeKind::kernel only
    ResumeKind resume_kind;    // 248
    ThreadState state;         // 252
    Hart* hart;                // 256
    Hart* handover; // 264: its hart, while it sits in wait() in user mode without a deadline
                    // and may be run by a hand-off; else null.
    DoorbellTarget* wake_targets; // 272: by doorbell; same length as the wake table.
    Thread* next;                 // In a ready queue or a free list.
    Thread* next_in_slot;         // Threads that share a wake slot.
    std::uint64_t deadline;       // Of the wait in progress, or ~0.
    Thread* next_deadline;
    std::uint32_t priority;
    std::uint32_t wake_slot;
    bool latched; // A doorbell was rung while it was not waiting.
    bool in_deadlines;
    bool doomed;               // Its domain has ended: it never enters user mode again.
    ModuleInstance* giving_up; // In the kernel: it has called ops.fail, and is about to trap.
    Domain* domain;
    ExecutorRecord* executor; // Whose loop it runs; null for others.
    RemoteWork start_work;
    Thread* next_dead;
    std::uint64_t
        user_ticks; // Timer ticks in user mode without a sign of progress: for the watchdog.
    std::uint64_t progress_seen;
    std::uint64_t id;
    char name[32];
};
static_assert(offsetof(Thread, context.stack_limit) == 0 && offsetof(Thread, context.cookie) == 16);
static_assert(offsetof(Thread, scratch) == 24 && offsetof(Thread, wake_limit) == 32);
static_assert(offsetof(Thread, call_limit) == 48 && offsetof(Thread, stack_top) == 64);
static_assert(offsetof(Thread, user_satp) == 72 && offsetof(Thread, kernel_satp) == 80);
static_assert(offsetof(Thread, stack_base) == 88 && offsetof(Thread, saved) == 96);
static_assert(offsetof(Thread, saved_satp) == 240 && offsetof(Thread, resume_kind) == 248);
static_assert(sizeof(SavedContext) == 144);
static_assert(offsetof(Thread, state) == 252 && offsetof(Thread, hart) == 256);
static_assert(offsetof(Thread, handover) == 264 && offsetof(Thread, wake_targets) == 272);

/// A kernel thread, ready to be started with thread_start(). Errors: no_memory.
[[nodiscard]] Result<Thread*>
thread_create_kernel(std::string_view name, unsigned priority, void (*entry)()) noexcept;
void thread_destroy(Thread& thread) noexcept;

[[nodiscard]] inline Thread* current() noexcept {
    return static_cast<Thread*>(__builtin_thread_pointer());
}

} // namespace cw::kernel
