// Breaking the machine's rules, for tests.
#pragma once
#include <cw/core/future.hpp>

namespace fault {

struct How {
    std::uint64_t number; ///< Which rule; see faulty.cpp. One it does not know breaks none.
};
/// Breaks a rule at once; else the number plus one.
CW_METHOD(fault, provoke, How, How, 1, 0);
/// Sleeps for that many microseconds, whether anybody waits or not, then breaks the first rule.
CW_METHOD(fault, doze, How, How, 1, 0);

} // namespace fault
