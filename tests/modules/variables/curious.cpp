// Reads confined variables by their names, as its domain must have the grant for.
#include "confidant.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/variables.hpp>

CW_MODULE(curious, {.version = {1, 0}});
CW_READ(confidant::key);
CW_READ(confidant::pin);
CW_READ(confidant::greeting);

CW_PROVIDE(echo::ping, [](echo::Word) {
    const auto key = confidant::key.read();
    const auto pin = confidant::pin.read();
    const auto greeting = confidant::greeting.read();
    return echo::Word{(key ? (*key)[2] : 0) * 100'000 + (pin ? *pin : 0) * 10 +
                      (greeting ? *greeting : 0)};
});
