// Variables of which some are not for everybody.
#pragma once
#include <array>
#include <cstdint>
#include <cw/core/variables/declare.hpp>

namespace confidant {

using Key = std::array<std::uint64_t, 3>;
CW_VARIABLE_CONFINED(confidant, key, Key);
CW_VARIABLE_CONFINED(confidant, pin, std::uint32_t);
CW_VARIABLE(confidant, greeting, std::uint32_t);

inline constexpr Key kKey{11, 22, 33};
inline constexpr std::uint32_t kPin = 4711;
inline constexpr std::uint32_t kGreeting = 7;
inline constexpr char kLateName[] = "confined/confidant/late"; ///< Declared when it starts: a Key.

} // namespace confidant
