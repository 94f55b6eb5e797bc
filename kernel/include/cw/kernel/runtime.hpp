// The kernel's side of the runtime: what its own executors and kernel-placed modules use.
#pragma once
#include <cw/core/module_state.hpp>

namespace cw::kernel {

/// Function of grant 0 of every user executor: takes its reports.
[[nodiscard]] void (*report_entry() noexcept)();

} // namespace cw::kernel
