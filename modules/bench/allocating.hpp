// What it costs the nucleus to allocate and free a small object of its own.
#pragma once
#include <cw/core/task.hpp>

namespace bench {

/// Prints the figures "kmem.alloc", both together, with all that the site counts, and
/// "kmem.alloc.traced", where both are recorded in the trace of the system.
cw::Task<> measure_allocating() noexcept;

} // namespace bench
