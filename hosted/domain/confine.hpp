// What a domain's process does to itself before any code of a module runs, and how it sleeps.
// Sources: seccomp(2), sigaction(2), the x86-64 signal frame of Linux.
#pragma once
#include "agent.hpp"
#include <cstdint>
#include <initializer_list>

namespace cw::hosted {

inline constexpr int kIllegalInstruction = 4, kTrap = 5, kBusError = 7, kArithmetic = 8,
                     kSegmentationFault = 11;

struct SignalInformation {
    int number, error, code, padding;
    std::uint64_t address;
};
struct SignalContext {
    std::uint64_t flags, link, stack, stack_flags, stack_bytes;
    std::uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    std::uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
    std::uint64_t eflags, segments, error, trap, mask, cr2;
};

/// Nanoseconds of the clock that all domains share.
[[nodiscard]] inline std::uint64_t now(const HostWords& words) noexcept {
    const std::uint64_t ticks = __builtin_ia32_rdtsc() - words.base_ticks;
    return words.base_ns + static_cast<std::uint64_t>(
                               static_cast<unsigned __int128>(ticks) * words.multiplier >> 32);
}

/// Sleeps until the eventfd is rung or the deadline has passed; takes all rings at once. May return
/// without cause.
inline void sleep_on_bell(int bell, std::uint64_t deadline, std::uint64_t now) noexcept {
    std::uint64_t rings = 0;
    const auto take = [&] {
        return system_call(number::kRead,
                           static_cast<std::uint64_t>(bell),
                           reinterpret_cast<std::uint64_t>(&rings),
                           sizeof(rings));
    };
    if (deadline == abi::kNoDeadline) {
        struct {
            int descriptor;
            short events, happened;
        } poll{bell, 1, 0};
        while (take() == kAgain)
            system_call(number::kPpoll, reinterpret_cast<std::uint64_t>(&poll), 1, 0, 0, 0);
        return;
    }
    struct {
        int descriptor;
        short events, happened;
    } poll{bell, 1, 0};
    const std::uint64_t left = deadline <= now ? 0 : deadline - now;
    const std::uint64_t time[2] = {left / 1'000'000'000, left % 1'000'000'000};
    if (system_call(number::kPpoll,
                    reinterpret_cast<std::uint64_t>(&poll),
                    1,
                    reinterpret_cast<std::uint64_t>(time),
                    0,
                    0) > 0)
        take();
}

/// Makes `context` what arch::context() finds.
[[nodiscard]] inline bool prepare_thread(const void* context) noexcept {
    constexpr std::uint64_t kSetGs = 0x1001;
    return system_call(number::kArchPrctl, kSetGs, reinterpret_cast<std::uint64_t>(context)) == 0;
}

[[nodiscard]] inline bool catch_faults(std::uint64_t handler,
                                       std::uint64_t restorer,
                                       void* stack,
                                       std::uint64_t bytes) noexcept {
    const struct {
        void* base;
        std::uint64_t flags, bytes;
    } alternate{stack, 0, bytes};
    if (system_call(number::kSigaltstack, reinterpret_cast<std::uint64_t>(&alternate), 0) != 0)
        return false;
    constexpr std::uint64_t kSiginfo = 4, kRestorer = 0x0400'0000, kOnStack = 0x0800'0000;
    const struct {
        std::uint64_t handler, flags, restorer, mask;
    } action{handler, kSiginfo | kRestorer | kOnStack, restorer, 0};
    for (const int signal :
         {kIllegalInstruction, kTrap, kBusError, kArithmetic, kSegmentationFault}) {
        if (system_call(number::kSigaction,
                        static_cast<std::uint64_t>(signal),
                        reinterpret_cast<std::uint64_t>(&action),
                        0,
                        sizeof(action.mask)) != 0)
            return false;
    }
    return true;
}

/// From here on this process can do what wake, wait, call and its own memory need, and nothing
/// else: no file can be opened, no socket made, no memory had that the nucleus did not hand over.
/// `drives_files`: and what is in kFilesRing can be submitted.
[[nodiscard]] bool confine(bool drives_files) noexcept;

} // namespace cw::hosted
