// A module that has much to say in a trace.
#pragma once
#include <cw/core/future.hpp>

namespace spout {

struct Number {
    std::uint64_t number;
};
/// Records so many events, "drop", numbered on from those before; their number so far.
CW_METHOD(spout, emit, Number, Number, 1, 0);

} // namespace spout
