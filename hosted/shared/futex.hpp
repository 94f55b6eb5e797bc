// Sleeping on a word that two processes share. Source: futex(2), not FUTEX_PRIVATE.
#pragma once
#include <cstdint>
#include <cw/core/atomic.hpp>

namespace cw::hosted {

inline long system_call(long number,
                        std::uint64_t a = 0,
                        std::uint64_t b = 0,
                        std::uint64_t c = 0,
                        std::uint64_t d = 0,
                        std::uint64_t e = 0,
                        std::uint64_t f = 0) noexcept {
    long result = number;
    register std::uint64_t r10 asm("r10") = d;
    register std::uint64_t r8 asm("r8") = e;
    register std::uint64_t r9 asm("r9") = f;
    asm volatile("syscall"
                 : "+a"(result)
                 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
}

namespace number {
inline constexpr long kRead = 0, kWrite = 1, kClose = 3, kMmap = 9, kSigaction = 13,
                      kSigreturn = 15, kRecvmsg = 47, kArchPrctl = 158, kPrctl = 157, kFutex = 202,
                      kExitGroup = 231, kPpoll = 271, kDup3 = 292, kSigaltstack = 131,
                      kIoUringEnter = 426;
}

/// Sleeps while the word holds `value`. May return without cause.
inline void futex_wait(Atomic<std::uint32_t>& word, std::uint32_t value) noexcept {
    static_cast<void>(
        system_call(number::kFutex, reinterpret_cast<std::uint64_t>(&word), 0, value, 0));
}
inline void futex_wake(Atomic<std::uint32_t>& word) noexcept {
    static_cast<void>(system_call(number::kFutex, reinterpret_cast<std::uint64_t>(&word), 1, 1));
}

} // namespace cw::hosted
