// Locks of registers in the kernel: interrupts are off while one is held, and it is told of when
// that takes too long.
#pragma once
#include <cw/core/registers.hpp>
#include <cw/kernel/arch/csr.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>

namespace cw::kernel {

/// What a ClaimWatch needs, in the kernel.
struct ClaimsOfKernel {
    [[nodiscard]] static std::uint64_t now() noexcept { return arch::ticks(); }
    [[nodiscard]] static std::uint64_t nanoseconds(std::uint64_t counts) noexcept {
        return counts * (1'000'000'000 / ticks_per_second());
    }
    static void report(std::string_view name, std::uint64_t held_ns) noexcept {
        log::line(
            "{}: claim held for {} us, with interrupts off on this hart", name, held_ns / 1000);
    }
};

using KernelRegisterLock =
    RegisterLock<arch::InterruptsOff, NativeSync, ClaimWatch<ClaimsOfKernel>>;

} // namespace cw::kernel
