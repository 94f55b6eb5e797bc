// The smallest service: for tests and measurements.
#pragma once
#include <cw/core/future.hpp>

namespace echo {

struct Word {
    std::uint64_t value;
};
struct Block {
    std::array<std::uint64_t, 6> words;
};

/// The value plus one.
CW_METHOD(echo, ping, Word, Word, 1, 0);
/// Nothing there and back.
CW_METHOD(echo, null, cw::Nothing, cw::Nothing, 1, 0);
/// 48 bytes there and back, each word plus one.
CW_METHOD(echo, block, Block, Block, 1, 0);
/// As ping, but the handler sleeps `value` microseconds first.
CW_METHOD(echo, late, Word, Word, 1, 0);

} // namespace echo
