// Service of the kernel: memory.
#pragma once
#include <cw/core/future.hpp>

namespace cw::memory {

struct Size {
    std::uint64_t bytes;
};
struct Stretch {
    std::uint64_t address;
    std::uint64_t bytes;
};

/// A new buffer area of the caller: zeroed memory whose stretches may travel as buffers in calls.
/// Lives as long as the caller. Errors: no_memory, no_resource (16 areas), invalid_argument (0 or
/// more than 1 GiB).
CW_METHOD(memory, area, Size, Stretch, 1, 0);

/// Moves the end of the caller's heap (brk): the new limit in bytes from its beginning. Gives the
/// stretch that is usable now. Errors: no_memory, out_of_range (more than the module's record
/// allows).
CW_METHOD(memory, grow, Size, Stretch, 1, 0);

struct Statistics {
    std::uint64_t total_bytes;
    std::uint64_t free_bytes;
};
CW_METHOD(memory, statistics, Nothing, Statistics, 1, 0);

} // namespace cw::memory
