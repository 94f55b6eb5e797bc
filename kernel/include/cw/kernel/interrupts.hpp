// External interrupts (PLIC 1.0.0) as doorbells.
#pragma once
#include <cstdint>
#include <cw/core/atomic.hpp>
#include <cw/core/result.hpp>

namespace cw::kernel {

struct Thread;

inline constexpr std::uint32_t kMaxInterrupts = 128;

void interrupts_initialise() noexcept;
/// Lets this hart take external interrupts.
void interrupts_enable_hart(std::uint32_t hart_id) noexcept;
/// From now on source `interrupt` adds one to `count` and rings `thread`. It stays masked after
/// each ring until interrupt_acknowledge(). Errors: already_exists, out_of_range.
[[nodiscard]] Status
interrupt_claim(std::uint32_t interrupt, Thread& thread, Atomic<std::uint64_t>* count) noexcept;
void interrupt_acknowledge(std::uint32_t interrupt) noexcept;
void interrupts_release(Thread& thread) noexcept;
/// Context: trap, interrupts off.
void interrupts_handle() noexcept;

} // namespace cw::kernel
