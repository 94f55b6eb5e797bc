// The system calls themselves, as a domain on Linux makes them: for measurements and hostile tests.
// Ordinary modules only await.
#pragma once
#include <cstdint>
#include <cw/abi/status.hpp>
#include <cw/abi/syscall.hpp>
#include <cw/core/module_state.hpp>
#include <cw/sdk/module.hpp>

namespace cw::raw {

/// No instruction counter is open to user mode here.
inline constexpr bool kCountsInstructions = false;
inline std::uint64_t instructions() noexcept {
    return 0;
}
inline void begin_counting() noexcept {}
inline void end_counting() noexcept {}

inline long system_call(
    long number, std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d = 0) noexcept {
    long result = number;
    register std::uint64_t r10 asm("r10") = d;
    register std::uint64_t r8 asm("r8") = 0;
    asm volatile("syscall"
                 : "+a"(result)
                 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                 : "rcx", "r11", "memory");
    return result;
}

/// A doorbell is an eventfd: descriptor 64 + index.
inline std::uint64_t wake(std::uint64_t doorbell) noexcept {
    const std::uint64_t one = 1;
    return static_cast<std::uint64_t>(
        system_call(1, 64 + doorbell, reinterpret_cast<std::uint64_t>(&one), sizeof(one)));
}

/// Sleeps on the domain's own eventfd, descriptor 4.
inline std::uint64_t wait(std::uint64_t deadline, std::uint64_t doorbell) noexcept {
    if (doorbell != abi::kNoDoorbell)
        wake(doorbell);
    struct {
        int descriptor;
        short events, happened;
    } poll{4, 1, 0};
    const std::uint64_t now = cw_module.ops->now(); // nanoseconds, on this host
    const std::uint64_t left = deadline <= now ? 0 : deadline - now;
    const std::uint64_t time[2] = {left / 1'000'000'000, left % 1'000'000'000};
    const bool for_ever = deadline == abi::kNoDeadline;
    const long ready = system_call(271, // ppoll
                                   reinterpret_cast<std::uint64_t>(&poll),
                                   1,
                                   for_ever ? 0 : reinterpret_cast<std::uint64_t>(time));
    if (ready == 0)
        return static_cast<std::uint64_t>(Status::timed_out);
    std::uint64_t rings = 0;
    system_call(0, 4, reinterpret_cast<std::uint64_t>(&rings), sizeof(rings));
    return 0;
}

} // namespace cw::raw
