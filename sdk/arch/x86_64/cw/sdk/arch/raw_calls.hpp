// The system calls themselves, as a domain on Linux makes them: for measurements and hostile tests.
// Ordinary modules only await.
#pragma once
#include <cstdint>
#include <cw/abi/syscall.hpp>

namespace cw::raw {

/// No instruction counter is open to user mode here.
inline constexpr bool kCountsInstructions = false;
inline std::uint64_t instructions() noexcept {
    return 0;
}
inline void begin_counting() noexcept {}
inline void end_counting() noexcept {}

inline long system_call(long number, std::uint64_t a, std::uint64_t b, std::uint64_t c) noexcept {
    long result = number;
    asm volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

/// A doorbell is an eventfd: descriptor 64 + index.
inline std::uint64_t wake(std::uint64_t doorbell) noexcept {
    const std::uint64_t one = 1;
    return static_cast<std::uint64_t>(
        system_call(1, 64 + doorbell, reinterpret_cast<std::uint64_t>(&one), sizeof(one)));
}

/// Without a deadline only; sleeps on the domain's own eventfd, descriptor 4.
inline std::uint64_t wait(std::uint64_t, std::uint64_t doorbell) noexcept {
    if (doorbell != abi::kNoDoorbell)
        wake(doorbell);
    struct {
        int descriptor;
        short events, happened;
    } poll{4, 1, 0};
    system_call(271, reinterpret_cast<std::uint64_t>(&poll), 1, 0); // ppoll
    std::uint64_t rings = 0;
    system_call(0, 4, reinterpret_cast<std::uint64_t>(&rings), sizeof(rings));
    return 0;
}

} // namespace cw::raw
