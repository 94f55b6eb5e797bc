// Spin locks for the kernel's own short critical sections; taken with interrupts off.
#pragma once
#include <cstdint>
#include <cw/core/atomic.hpp>
#include <cw/kernel/arch/csr.hpp>

namespace cw::kernel {

/// A ticket lock: first come, first served. What a holder did is seen by the next one.
class SpinLock {
public:
    /// Context: interrupts off.
    void lock() noexcept {
        const std::uint32_t ticket = next_.fetch_add(1, Order::relaxed);
        while (serving_.load(Order::acquire) != ticket)     // [A7], pairs with [R7]
            asm volatile(".insn i 0x0f, 0, x0, x0, 0x010"); // pause (Zihintpause)
    }
    void unlock() noexcept {
        serving_.store(serving_.load(Order::relaxed) + 1, Order::release);
    } // [R7]

private:
    Atomic<std::uint32_t> next_;
    Atomic<std::uint32_t> serving_;
};

/// Holds a lock, with interrupts off, while it lives.
class Locked {
public:
    explicit Locked(SpinLock& lock) noexcept : lock_{lock} { lock_.lock(); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
    ~Locked() { lock_.unlock(); }

private:
    arch::InterruptsOff off_;
    SpinLock& lock_;
};

} // namespace cw::kernel
