#include <cw/kernel/boot.hpp>
#include <cw/kernel/interrupts.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/spinlock.hpp>

namespace cw::kernel {

namespace {

SpinLock lock;
Thread* owners[kMaxInterrupts];
Atomic<std::uint64_t>* counts[kMaxInterrupts];

volatile std::uint32_t* plic_register(std::uint64_t offset) noexcept {
    return direct_as<volatile std::uint32_t>(machine().plic + offset);
}
// Each hart has two contexts, machine and supervisor, in that order on `virt`.
std::uint64_t context_of(std::uint32_t hart_id) noexcept {
    return 2 * std::uint64_t{hart_id} + 1;
}

volatile std::uint32_t* enable_word(std::uint32_t hart_id, std::uint32_t interrupt) noexcept {
    return plic_register(0x2000 + 0x80 * context_of(hart_id) + 4 * (interrupt / 32));
}
volatile std::uint32_t* claim_word(std::uint32_t hart_id) noexcept {
    return plic_register(0x200004 + 0x1000 * context_of(hart_id));
}

} // namespace

void interrupts_initialise() noexcept {
    for (std::uint32_t i = 1; i < kMaxInterrupts; ++i)
        *plic_register(4 * i) = 1; // priority
}

void interrupts_enable_hart(std::uint32_t hart_id) noexcept {
    *plic_register(0x200000 + 0x1000 * context_of(hart_id)) = 0;
}

Status
interrupt_claim(std::uint32_t interrupt, Thread& thread, Atomic<std::uint64_t>* count) noexcept {
    const Locked hold{lock};
    if (interrupt == 0 || interrupt >= kMaxInterrupts)
        return Status::out_of_range;
    if (owners[interrupt] != nullptr && owners[interrupt] != &thread)
        return Status::already_exists;
    owners[interrupt] = &thread;
    counts[interrupt] = count;
    *enable_word(thread.hart->id, interrupt) =
        *enable_word(thread.hart->id, interrupt) | 1u << interrupt % 32;
    return Status::ok;
}

void interrupt_acknowledge(std::uint32_t interrupt) noexcept {
    const Locked hold{lock};
    if (interrupt != 0 && interrupt < kMaxInterrupts && owners[interrupt] != nullptr)
        *enable_word(owners[interrupt]->hart->id, interrupt) =
            *enable_word(owners[interrupt]->hart->id, interrupt) | 1u << interrupt % 32;
}

void interrupts_release(Thread& thread) noexcept {
    const Locked hold{lock};
    for (std::uint32_t i = 1; i < kMaxInterrupts; ++i) {
        if (owners[i] == &thread) {
            owners[i] = nullptr;
            *enable_word(thread.hart->id, i) = *enable_word(thread.hart->id, i) & ~(1u << i % 32);
        }
    }
}

void interrupts_handle() noexcept {
    const std::uint32_t hart_id = this_hart().id;
    while (const std::uint32_t interrupt = *claim_word(hart_id)) {
        *claim_word(hart_id) =
            interrupt; // completed first: a completion of a masked source is ignored
        const Locked hold{lock};
        // Masked until the owner has looked: a level that stays high would interrupt us for ever.
        *enable_word(hart_id, interrupt) =
            *enable_word(hart_id, interrupt) & ~(1u << interrupt % 32);
        if (interrupt < kMaxInterrupts && owners[interrupt] != nullptr) {
            counts[interrupt]->fetch_add(1,
                                         Order::release); // [R9], pairs with [A9] in the executor
            thread_wake(*owners[interrupt]);
        }
    }
}

} // namespace cw::kernel
