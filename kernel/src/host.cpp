// Small things that the nucleus asks of its host.
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

Result<void*> pages_allocate(unsigned order) noexcept {
    return direct(CW_TRY(frames::allocate(order)));
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

std::uint64_t wall_clock_ns() noexcept {
    return 0; // the real-time clock of the machine is for a module to drive
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
