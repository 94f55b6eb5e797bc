// Timer, interrupts between harts, and waiting.
#pragma once
#include <cstdint>
#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/arch/sbi.hpp>
#include <cw/kernel/sched.hpp>

namespace cw::kernel::arch {

inline bool have_stimecmp = false; ///< Sstc; set at boot.

inline void set_timer(std::uint64_t ticks) noexcept {
    if (have_stimecmp)
        asm volatile("csrw 0x14d, %0" ::"r"(ticks) : "memory"); // stimecmp
    else
        sbi_set_timer(ticks);
}

/// Interrupts another hart.
inline void poke(Hart& hart) noexcept {
    if (hart.wake.poke != nullptr) {
        asm volatile("fence rw, o" ::: "memory");
        *hart.wake.poke = 1;
    } else {
        sbi_send_ipi(1, hart.id);
    }
}

inline void clear_software_interrupt() noexcept {
    CW_CSR_CLEAR(sip, 1u << kSoftware);
}
inline void disable_interrupts() noexcept {
    asm volatile("csrci sstatus, 2" ::: "memory");
}
inline void enable_interrupts() noexcept {
    asm volatile("csrsi sstatus, 2" ::: "memory");
}
inline void wait_for_interrupt() noexcept {
    asm volatile("wfi" ::: "memory");
}

} // namespace cw::kernel::arch
