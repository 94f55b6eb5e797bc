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

struct Growth {
    std::uint64_t module; ///< ModuleState::id of a module in the caller's domain.
    std::uint64_t bytes;  ///< From the beginning of its heap; rounded up to whole pages.
};
/// Moves the end of a module's heap (brk), forth or back. Gives the stretch that is usable now;
/// what is new in it is zero. Answered at once, without a wait, unless it is linked as a ring.
/// Errors, with nothing changed: out_of_range (more than the module's record allows), no_memory,
/// not_permitted (the module is in another domain), not_found (there is no such module).
CW_METHOD(memory, grow, Growth, Stretch, 1, 0);

struct Statistics {
    std::uint64_t total_bytes;
    std::uint64_t free_bytes;
};
CW_METHOD(memory, statistics, Nothing, Statistics, 1, 0);

} // namespace cw::memory
