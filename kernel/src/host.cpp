// Small things that the nucleus asks of its host.
#include <cw/core/arch/counter.hpp>
#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/frames.hpp>
#include <cw/kernel/paging.hpp>
#include <cw/nucleus/host.hpp>

namespace cw::kernel {

std::string_view boot_arguments() noexcept {
    return machine().arguments;
}

std::span<const std::byte> boot_archive() noexcept {
    if (machine().archive_begin == 0)
        return {};
    return {direct_as<const std::byte>(machine().archive_begin),
            machine().archive_end - machine().archive_begin};
}

Result<void*> pages_allocate(AllocationSite& site, unsigned order) noexcept {
    return direct(CW_TRY(frames::allocate(site, order)));
}

void pages_release(AllocationSite& site, void* block, unsigned order) noexcept {
    frames::release(site, reinterpret_cast<std::uint64_t>(block) - kDirectMap, order);
}

PageCounts page_counts() noexcept {
    const frames::Statistics counts = frames::statistics();
    return {counts.total_pages, counts.free_pages};
}

void enter_own_view() noexcept {
    // We may be here by a trap from user mode. The way back out of a trap sets satp anew.
    CW_CSR_WRITE(satp, kernel_space().satp());
}

Status space_create(Domain& domain) noexcept {
    if (domain.is_kernel()) {
        domain.space = kernel_space(); // the same tables
        return Status::ok;
    }
    domain.at_rest = true;
    return domain.space.create(static_cast<std::uint16_t>(domain.id));
}

namespace {

/// Nanoseconds since 1970, UTC; 0: this machine has no clock for that.
std::uint64_t wall_clock_ns() noexcept {
    // Goldfish's clock (docs/GOLDFISH-VIRTUAL-HARDWARE): reading the low word keeps the high one of
    // that moment.
    for (std::uint32_t i = 0; i < machine().device_count; ++i) {
        const auto& device = machine().devices[i];
        if (std::string_view{device.compatible} != "google,goldfish-rtc")
            continue;
        const auto* registers = direct_as<const volatile std::uint32_t>(device.registers);
        const std::uint64_t low = registers[0];
        return std::uint64_t{registers[1]} << 32 | low;
    }
    return 0;
}

} // namespace

ClockScale clock_scale() noexcept {
    const std::uint64_t now = cw::arch::counter();
    const std::uint64_t multiplier = (std::uint64_t{1'000'000'000} << 32) / ticks_per_second();
    return {now,
            static_cast<std::uint64_t>(static_cast<unsigned __int128>(now) * multiplier >> 32),
            wall_clock_ns(),
            multiplier};
}

bool clock_is_steered() noexcept {
    return false;
}

std::uint64_t random_seed() noexcept {
    return machine().random_seed;
}

Status space_equip(Domain&, const loader::Image&) noexcept {
    return Status::ok;
}

void space_rests(Domain& domain) noexcept {
    domain.at_rest = true;
}

void space_destroy(Domain& domain) noexcept {
    flush_everywhere(); // what its number still means to a hart
    domain.space.destroy();
}

} // namespace cw::kernel
