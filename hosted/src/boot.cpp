// The nucleus process.
#include "host.hpp"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cw/core/executor.hpp>
#include <cw/nucleus/archive.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/nucleus.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/vdso.hpp>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cw::hosted {

Settings& settings() noexcept {
    static Settings all;
    return all;
}

namespace {

Thread main_thread{};

[[noreturn]] void refuse_to_start(const std::string& why) {
    std::fprintf(stderr, "causeway: %s\n", why.c_str());
    std::exit(2);
}

void load_archive(const char* path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status{};
    if (file < 0 || fstat(file, &status) != 0)
        refuse_to_start(std::string{path} + ": " + std::strerror(errno));
    const auto bytes = static_cast<std::size_t>(status.st_size);
    void* const where = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (where == MAP_FAILED)
        refuse_to_start(std::string{path} + ": " + std::strerror(errno));
    settings().archive =
        make_sealed("causeway-archive", {static_cast<const std::byte*>(where), bytes});
    munmap(where, bytes);
    close(file);
}

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

} // namespace
} // namespace cw::hosted

namespace cw::kernel {

std::string_view boot_arguments() noexcept {
    return hosted::settings().arguments;
}

std::span<const std::byte> boot_archive() noexcept {
    return hosted::settings().archive;
}

void power_off(std::uint8_t status) noexcept {
    hosted::restore_terminal();
    std::fflush(nullptr);
    _exit(status); // the kernel ends the processes of domains with us
}

} // namespace cw::kernel

int main(int count, char** arguments) {
    using namespace cw;
    using namespace cw::hosted;
    if (std::string obstacle = reserve_windows(); !obstacle.empty())
        refuse_to_start(obstacle);
    constexpr unsigned long kFsGsBase = 2;
    if ((getauxval(AT_HWCAP2) & kFsGsBase) == 0)
        refuse_to_start("this processor, or its Linux, has no FSGSBASE (Linux 5.9 or newer)");
    raise_descriptor_limit();
    start_clock();
    if (count > 1)
        load_archive(arguments[1]);
    for (int i = 2; i < count; ++i)
        settings().arguments += std::string{i > 2 ? " " : ""} + arguments[i];
    main_thread.domain = &kernel_domain();
    adopt_thread(main_thread, "causeway");
    segments_initialise();
    domains_initialise();
    vdso_initialise();
    archive_initialise();
    modules_initialise();
    catch_module_faults();
    start_reaper();
    static_cast<void>(nucleus_create());
    for (;;)
        pause();
}
