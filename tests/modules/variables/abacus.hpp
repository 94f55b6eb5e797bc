// A variable that is counted by whoever calls, on whatever hart, at once.
#pragma once
#include <cstdint>
#include <cw/core/future.hpp>
#include <cw/core/variables/declare.hpp>

namespace abacus {

struct Hits {
    std::uint64_t calls;
    std::uint64_t weight;
};
CW_VARIABLE(abacus, hits, Hits);

struct Hit {
    std::uint64_t weight;
};
/// Counts kHits calls of this weight.
inline constexpr std::uint64_t kHits = 500;
CW_METHOD(abacus, hit, Hit, cw::Nothing, 1, 0);

struct Beats {
    std::uint64_t count;
};
/// Has the drummer call hit() so often, each time with a weight of 3.
CW_METHOD(drummer, beat, Beats, cw::Nothing, 1, 0);

} // namespace abacus
