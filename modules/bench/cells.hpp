// Control cells: what a store and a load cost, and when a store is seen.
#pragma once
#include <cw/core/task.hpp>

namespace bench {

cw::Task<> measure_cells() noexcept;
/// In time. Requires: `mate` is in a process on another hart.
cw::Task<> measure_effect() noexcept;

} // namespace bench
