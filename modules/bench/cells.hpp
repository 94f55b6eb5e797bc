// Control cells: what a store and a load cost.
#pragma once
#include <cw/core/task.hpp>

namespace bench {

cw::Task<> measure_cells() noexcept;

} // namespace bench
