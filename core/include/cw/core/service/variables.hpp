// Service of the kernel: shared variables that are bound at run time.
#pragma once
#include <cw/core/future.hpp>

namespace cw::variables {

struct Index {
    std::uint64_t index; ///< Entry::index, as the directory says it.
};
/// From now on the caller's domain sees the value of this variable, whoever publishes it. Errors:
/// out_of_range (there is no such entry), no_memory.
CW_METHOD(variables, show, Index, Nothing, 1, 0);

} // namespace cw::variables
