// What one call costs from where this module is to a callee in each placement.
#pragma once
#include <cw/core/task.hpp>

namespace bench {

/// Prints a figure "call.FROM.TO" for each placement of the callee; FROM is "process" or "kernel".
cw::Task<> measure_placements() noexcept;

} // namespace bench
