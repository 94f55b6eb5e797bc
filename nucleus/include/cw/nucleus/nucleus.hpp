// The module that stands for the kernel: its services, its executor.
#pragma once
#include <cw/nucleus/domain.hpp>

namespace cw::kernel {

/// Makes the nucleus and its executor, the worker. Context: boot hart.
ModuleInstance& nucleus_create() noexcept;
/// Runs on the worker when it has started: loads the first module.
void nucleus_start() noexcept;

} // namespace cw::kernel
