#include "host.hpp"
#include <cw/core/executor.hpp>
#include <cw/nucleus/panic.hpp>

namespace cw::platform {

void fail(ModuleState*, const char*, std::size_t) noexcept {
    kernel::panic("a kernel-placed module gave up", "runtime", 0);
}

} // namespace cw::platform
