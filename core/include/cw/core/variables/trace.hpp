// What is recorded and lost in the rings of a trace, as a shared variable.
#pragma once
#include <array>
#include <cstdint>
#include <cw/core/variables/declare.hpp>

namespace cw::trace {

struct RingCounts {
    std::array<char, 16> name; ///< Of the executor.
    std::uint32_t track;
    std::uint32_t domain;
    std::uint64_t recorded; ///< Of a user domain, that domain's own words,
    std::uint64_t dropped;  ///< like the records that it refused.
};
/// Of the rings that there are to be read; looked at as what system.hpp has.
struct Rings {
    std::uint32_t on;     ///< 1: it is recording.
    std::uint32_t count;  ///< Of rings; the first of them are below.
    std::uint64_t unread; ///< Records of rings that have gone without ever having been read.
    std::array<RingCounts, 24> rings;
};
CW_VARIABLE_NAMED(rings, "trace/rings", Rings);
static_assert(sizeof(Rings) <= variables::kMaxBytes);

} // namespace cw::trace
