// A module that computes with floating point, and says so.
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(floats, {.version = {1, 0}, .floating_point = true});
CW_PROVIDE(echo::ping, [](echo::Word word) {
    volatile double value = static_cast<double>(word.value);
    value = value * 1.5;
    return echo::Word{static_cast<std::uint64_t>(value)};
});
