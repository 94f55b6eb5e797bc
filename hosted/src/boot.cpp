// Brings the nucleus up in this process.
#include "control.hpp"
#include <cstdio>
#include <cstdlib>
#include <cw/nucleus/archive.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/nucleus.hpp>
#include <cw/nucleus/vdso.hpp>
#include <sys/auxv.h>
#include <unistd.h>

namespace cw::hosted {

Settings& settings() noexcept {
    static Settings& all = *new Settings; // threads of the nucleus look at it to the very end
    return all;
}

std::string boot(void (*start)() noexcept) {
    constexpr unsigned long kFsGsBase = 2;
    if ((getauxval(AT_HWCAP2) & kFsGsBase) == 0)
        return "this processor, or its Linux, has no FSGSBASE (Linux 5.9 or newer)";
    if (std::string obstacle = reserve_windows(); !obstacle.empty())
        return obstacle;
    start_clock();
    segments_initialise();
    domains_initialise();
    if (!settings().system) // nobody but the programme ends the programme
        kernel_domain().grants &= ~std::uint32_t{kGrantPower};
    vdso_initialise();
    if (settings().system) // else there is none, and nothing to be said of that
        archive_initialise();
    modules_initialise();
    catch_module_faults();
    start_reaper();
    static_cast<void>(nucleus_create(start));
    return {};
}

} // namespace cw::hosted

namespace cw::kernel {

std::string_view boot_arguments() noexcept {
    return hosted::settings().arguments;
}

std::span<const std::byte> boot_archive() noexcept {
    return hosted::settings().archive;
}

void power_off(std::uint8_t status) noexcept {
    if (!hosted::settings().system)
        std::abort(); // a broken invariant: no module of a programme has the grant to end it
    hosted::stop_control();
    hosted::restore_terminal();
    std::fflush(nullptr);
    _exit(status); // the kernel ends the processes of domains with us
}

} // namespace cw::kernel
