// The control ring: what the kernel tells an executor. Private to core.
#pragma once
#include <cw/core/executor.hpp>

namespace cw::runtime {

/// Carries out what has come. Stops at an entry that must wait until another thread has left a
/// module.
void run_control(Executor& executor) noexcept;

} // namespace cw::runtime
