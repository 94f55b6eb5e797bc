// Control and status registers of RISC-V supervisor mode (Privileged Architecture 1.12, chapter 4).
#pragma once
#include <cstdint>

namespace cw::kernel::arch {

#define CW_CSR_READ(name)                                                                          \
    (__extension__({                                                                               \
        std::uint64_t cw_csr_value;                                                                \
        asm volatile("csrr %0, " #name : "=r"(cw_csr_value)::"memory");                            \
        cw_csr_value;                                                                              \
    }))
#define CW_CSR_WRITE(name, value)                                                                  \
    asm volatile("csrw " #name ", %0" ::"rK"(static_cast<std::uint64_t>(value)) : "memory")
#define CW_CSR_SET(name, bits)                                                                     \
    asm volatile("csrs " #name ", %0" ::"rK"(static_cast<std::uint64_t>(bits)) : "memory")
#define CW_CSR_CLEAR(name, bits)                                                                   \
    asm volatile("csrc " #name ", %0" ::"rK"(static_cast<std::uint64_t>(bits)) : "memory")

inline constexpr std::uint64_t kStatusSie = 1u << 1; ///< sstatus: interrupts on.
inline constexpr std::uint64_t kStatusSpie = 1u
                                             << 5; ///< sstatus: interrupts were on before the trap.
inline constexpr std::uint64_t kStatusSpp = 1u
                                            << 8; ///< sstatus: the trap came from supervisor mode.
/// sstatus: SUM and MXR, other views of memory; the kernel uses neither.
inline constexpr std::uint64_t kStatusUserMemory = 3u << 18;

inline constexpr std::uint64_t kInterrupt = std::uint64_t{1}
                                            << 63; ///< scause: an interrupt, not an exception.
inline constexpr std::uint64_t kSoftware = 1, kTimer = 5,
                               kExternal = 9; ///< Bits of sie and sip, codes of scause.

inline constexpr std::uint64_t kSatpSv39 = std::uint64_t{8} << 60;

/// Off on this hart; gives what to restore.
[[nodiscard]] inline std::uint64_t interrupts_off() noexcept {
    std::uint64_t before;
    asm volatile("csrrci %0, sstatus, 2" : "=r"(before)::"memory");
    return before;
}
inline void interrupts_restore(std::uint64_t before) noexcept {
    if ((before & kStatusSie) != 0)
        asm volatile("csrsi sstatus, 2" ::: "memory");
}

/// Interrupts off on this hart while it lives.
class InterruptsOff {
public:
    InterruptsOff() noexcept : before_{interrupts_off()} {}
    InterruptsOff(const InterruptsOff&) = delete;
    InterruptsOff& operator=(const InterruptsOff&) = delete;
    ~InterruptsOff() { interrupts_restore(before_); }

private:
    std::uint64_t before_;
};

inline std::uint64_t ticks() noexcept {
    std::uint64_t value;
    asm volatile("rdtime %0" : "=r"(value));
    return value;
}

/// All translations of this hart.
inline void flush_translations() noexcept {
    asm volatile("sfence.vma" ::: "memory");
}

} // namespace cw::kernel::arch
