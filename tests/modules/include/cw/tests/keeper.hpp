// Who lends a buffer, and who does not give it back.
#pragma once
#include <cw/core/buffer_ref.hpp>
#include <cw/core/future.hpp>

namespace keeper {

/// How large the lender's area is at least, by which a keeper knows it.
inline constexpr std::uint64_t kAreaBytes = 1 << 20;

struct Paper {
    cw::OutBuffer buffer;
};
/// Does nothing with it.
CW_METHOD(keeper, hold, Paper, cw::Nothing, 1, 0);

} // namespace keeper
