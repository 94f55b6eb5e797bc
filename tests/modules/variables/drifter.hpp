// A publisher that is loaded now here, now there.
#pragma once
#include "gauge.hpp"

namespace drifter {

CW_VARIABLE(drifter, report, gauge::Report);

/// Publishes the reports of a hundred thousand numbers, from this one on.
CW_METHOD(drifter, flood, gauge::Number, cw::Nothing, 1, 0);
CW_METHOD(drifter, crash, cw::Nothing, cw::Nothing, 1, 0);

inline constexpr std::uint64_t kFlood = 100'000;

} // namespace drifter
