#include "control.hpp"
#include "files.hpp"
#include "sanitizer.hpp"
#include <cstring>
#include <cw/hosted/system.hpp>
#include <cw/nucleus/nucleus.hpp>
#include <sys/resource.h>
#include <unistd.h>

namespace cw::hosted {

namespace {

/// Each domain needs some descriptors, and there may be 255.
void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void start() noexcept {
    start_control();
    kernel::nucleus_start();
}

} // namespace

Failure run_system(std::span<const std::byte> archive,
                   std::string arguments,
                   const std::vector<Directory>& directories) {
    raise_descriptor_limit();
    sanitizer::plant(arguments);
    if (Failure failure = grant_directories(directories); failure.status != Status::ok)
        return failure;
    settings().system = true;
    settings().arguments = std::move(arguments);
    if (!archive.empty()) {
        settings().archive = make_sealed("causeway-archive", archive);
        if (settings().archive.empty())
            return {Status::no_resource, std::strerror(errno)};
    }
    if (std::string obstacle = boot(&start); !obstacle.empty())
        return {Status::unsupported, std::move(obstacle)};
    for (;;)
        pause();
}

} // namespace cw::hosted
