// The picture of the whole: what a call costs against its payload and against how many are in
// flight, to a callee in each placement.
#pragma once
#include <cw/core/task.hpp>

namespace bench {

/// Prints figures "sweep.payload.PLACEMENT.BYTES" and "sweep.depth.PLACEMENT.CALLS". PLACEMENT is
/// direct, sync, kernel or process.
cw::Task<> measure_sweep() noexcept;

} // namespace bench
