// A variable of 48 bytes, to be read.
#pragma once
#include <array>
#include <cstdint>
#include <cw/core/variables/declare.hpp>

namespace bench {

struct Subject {
    std::array<std::uint64_t, 6> words;
};
CW_VARIABLE(bench, subject, Subject);

} // namespace bench
