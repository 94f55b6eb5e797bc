// What it costs to record something in a trace.
#pragma once
#include <cw/core/task.hpp>

namespace bench {

/// Prints the figure "trace.record": the time is read, and it is recorded with two numbers.
cw::Task<> measure_recording() noexcept;

} // namespace bench
