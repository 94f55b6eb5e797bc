// Calls of the supervisor binary interface (RISC-V SBI 1.0).
#pragma once
#include <cstdint>

namespace cw::kernel::arch {

struct SbiResult {
    std::int64_t error;
    std::int64_t value;
};

inline SbiResult sbi_call(std::uint64_t extension,
                          std::uint64_t function,
                          std::uint64_t a = 0,
                          std::uint64_t b = 0,
                          std::uint64_t c = 0,
                          std::uint64_t d = 0) noexcept {
    register std::uint64_t a0 asm("a0") = a;
    register std::uint64_t a1 asm("a1") = b;
    register std::uint64_t a2 asm("a2") = c;
    register std::uint64_t a3 asm("a3") = d;
    register std::uint64_t a4 asm("a4") = 0;
    register std::uint64_t a6 asm("a6") = function;
    register std::uint64_t a7 asm("a7") = extension;
    asm volatile("ecall"
                 : "+r"(a0), "+r"(a1)
                 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                 : "memory");
    return {static_cast<std::int64_t>(a0), static_cast<std::int64_t>(a1)};
}

inline constexpr std::uint64_t kSbiHsm = 0x48534d;      ///< Hart state management, chapter 9.
inline constexpr std::uint64_t kSbiIpi = 0x735049;      ///< Chapter 7.
inline constexpr std::uint64_t kSbiRfence = 0x52464e43; ///< Chapter 8.
inline constexpr std::uint64_t kSbiTime = 0x54494d45;   ///< Chapter 6.

/// Starts a hart at a physical address with a0 = hart id, a1 = argument.
inline SbiResult
sbi_hart_start(std::uint64_t hart, std::uint64_t address, std::uint64_t argument) noexcept {
    return sbi_call(kSbiHsm, 0, hart, address, argument);
}
inline void sbi_send_ipi(std::uint64_t mask, std::uint64_t base) noexcept {
    sbi_call(kSbiIpi, 0, mask, base);
}
/// Makes all harts forget their translations.
inline void sbi_remote_flush_all() noexcept {
    sbi_call(kSbiRfence, 1, 0, ~std::uint64_t{0}, 0, ~std::uint64_t{0});
}
inline void sbi_console_putchar(char c) noexcept {
    sbi_call(1, 0, static_cast<unsigned char>(c));
}
inline void sbi_set_timer(std::uint64_t ticks) noexcept {
    sbi_call(kSbiTime, 0, ticks);
}

} // namespace cw::kernel::arch
