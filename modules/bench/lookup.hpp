// What it costs to find a shared variable by its name.
#pragma once
#include <cw/core/task.hpp>

namespace bench {

/// Declares 10,000 variables, which stay, and prints the figure "var.lookup". Requires:
/// bench::area.
cw::Task<> measure_lookup() noexcept;

} // namespace bench
