// Variables for who watches: one that becomes another as often as it is waited for, one that stays.
#pragma once
#include <cw/core/variables/declare.hpp>

namespace pulse {

struct Beat {
    std::uint64_t number;
    std::uint64_t half; ///< Stays the same every other time.
};
CW_VARIABLE(pulse, beat, Beat);
CW_VARIABLE(pulse, still, std::uint32_t);

} // namespace pulse
