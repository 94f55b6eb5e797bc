// As echo, by a module whose handlers may run at the same time: for measurements of what the gate
// costs.
#pragma once
#include <cw/core/future.hpp>

namespace swift {

struct Word {
    std::uint64_t value;
};
CW_METHOD(swift, ping, Word, Word, 1, 0);
CW_METHOD(swift, null, cw::Nothing, cw::Nothing, 1, 0);

} // namespace swift
