// Writes to shared variables that are not its own.
#include "gauge.hpp"
#include <cw/core/variables/clock.hpp>
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(vandal, {.version = {1, 0}});
CW_READ(gauge::report);
CW_READ(cw::clock::scale);

namespace {

void scratch(std::uint64_t address) noexcept {
    *reinterpret_cast<volatile std::uint64_t*>(address) = 0x6b636168;
}

} // namespace

CW_PROVIDE(echo::ping, [](echo::Word what) {
    if (what.value == 1)
        scratch(cw_module.ops->variables);
    if (what.value == 2)
        scratch(reinterpret_cast<std::uint64_t>(&gauge::report.entry()));
    if (what.value == 3)
        scratch(gauge::report.entry().address.load(cw::Order::relaxed));
    if (what.value == 4)
        scratch(cw::clock::scale.entry().address.load(cw::Order::relaxed));
    return echo::Word{what.value + 1};
});
