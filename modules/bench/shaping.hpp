// What a module that works without a pause notices of a million stores a second to its cells, and
// how exactly it goes by them: the module shaper, in another domain.
#pragma once
#include <cw/core/task.hpp>

namespace bench {

/// Prints shaper.turn.p99, the same .written, and shaper.error.
cw::Task<> measure_shaping() noexcept;
/// Prints "sweep.shaper.PLACEMENT.STORES": the error at so many stores a second. PLACEMENT is
/// kernel or process.
cw::Task<> sweep_shaping() noexcept;

} // namespace bench
