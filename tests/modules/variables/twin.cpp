// Publishes under a name that is another module's.
#include <cw/core/variables/declare.hpp>
#include <cw/sdk/module.hpp>

namespace twin {
CW_VARIABLE_NAMED(level, "gauge/level", std::uint64_t);
} // namespace twin

CW_MODULE(gauge_twin, {.version = {1, 0}});
CW_PUBLISH(twin::level);
