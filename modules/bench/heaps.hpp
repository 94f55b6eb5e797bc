// Shared heaps: what a step along a list costs.
#pragma once
#include <cw/core/task.hpp>

namespace bench {

cw::Task<> measure_heaps() noexcept;

} // namespace bench
