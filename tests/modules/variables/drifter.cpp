#include "drifter.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/variables.hpp>

CW_MODULE(drifter, {.version = {1, 0}});
CW_PUBLISH(drifter::report);

CW_PROVIDE(drifter::flood, [](gauge::Number first) {
    for (std::uint64_t n = 0; n < drifter::kFlood; ++n)
        drifter::report.publish(gauge::report_of(first.number + n));
    return cw::Nothing{};
});
CW_PROVIDE(drifter::crash, [](cw::Nothing) -> cw::Nothing { __builtin_trap(); });
