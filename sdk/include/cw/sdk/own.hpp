// Who a module is, without a call: what other systems have getpid() for.
#pragma once
#include <cstdint>
#include <cw/core/executor.hpp>
#include <cw/core/task.hpp>

namespace cw {

/// The domain that this module runs in; 0 is the kernel. Others know it by this number too:
/// system/placements, `lsmod`. Another one may have it once this one has ended. Context: module
/// code, when it has started.
[[nodiscard]] inline std::uint64_t own_domain() noexcept {
    return cw_module.home->start->domain;
}
/// This instance of the module: no other one has the number before the next boot. The trace has it.
[[nodiscard]] inline std::uint32_t own_module() noexcept {
    return cw_module.id;
}

} // namespace cw
