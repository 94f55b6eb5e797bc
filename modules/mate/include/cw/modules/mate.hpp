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

/// Makes the control cell kFollowed, and says of every value that is stored there that it goes by
/// it, until that is kEnough. Nothing else runs there meanwhile.
inline constexpr const char* kFollowed = "mate/followed";
inline constexpr std::uint64_t kEnough = ~std::uint64_t{0} - 1;
CW_METHOD(mate, follow, cw::Nothing, cw::Nothing, 1, 0);

} // namespace mate
