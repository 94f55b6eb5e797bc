// Measurements from inside the system; the shell's `bench` asks for them.
#pragma once
#include <cw/core/future.hpp>

namespace bench {

enum class What : std::uint64_t {
    paths = 0,      ///< Instructions of every path, one hart, under -icount.
    remote = 1,     ///< Instructions of waking an idle hart, two harts, under -icount.
    wakes = 2,      ///< Wake-ups and system calls per 1,000 calls, two harts.
    placements = 3, ///< Instructions of a call from here to each placement, one hart, -icount.
    sweep = 4,      ///< Time of calls against payload and depth, to each placement, two harts.
};
struct Which {
    What what;
};
/// Prints "@figure" lines on the console. Needs the grants to load modules.
CW_METHOD(bench, run, Which, cw::Nothing, 1, 0);

} // namespace bench
