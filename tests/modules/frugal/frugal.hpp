// A service whose handlers do not suspend, and what its module has allocated.
#pragma once
#include <cstdint>
#include <cw/core/future.hpp>

namespace frugal {

struct Word {
    std::uint64_t value;
};
struct Allocations {
    std::uint64_t frames; ///< Coroutine frames taken from the module's pool since it was loaded.
};
CW_METHOD(frugal, add_one, Word, Word, 1, 0);
CW_METHOD(frugal, allocations, cw::Nothing, Allocations, 1, 0);

} // namespace frugal
