// The other side of the bench: it answers doorbells with doorbells.
#pragma once
#include <cw/core/future.hpp>

namespace mate {

struct Rounds {
    std::uint64_t count;
};
/// Hands the processor back to the caller's executor `count` times with bare wait() calls before it
/// answers.
CW_METHOD(mate, handoff, Rounds, Rounds, 1, 0);

} // namespace mate
