// The module that stands for the kernel: its services, its executor.
#pragma once
#include <cw/nucleus/domain.hpp>

namespace cw::kernel {

/// Runs on the worker when it has started: loads the first module, without which the system ends.
void nucleus_start() noexcept;
/// Makes the nucleus and its executor, the worker, which runs `start` once. Context: boot hart.
ModuleInstance& nucleus_create(void (*start)() noexcept = &nucleus_start) noexcept;

} // namespace cw::kernel
