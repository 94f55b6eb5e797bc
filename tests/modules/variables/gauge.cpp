#include "gauge.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/variables.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(gauge, {.version = {1, 0}});
CW_PUBLISH(gauge::report);
CW_REQUIRE(cw::variables::announce);
CW_READ(gauge::report);
CW_PUBLISH(gauge::level);
CW_PUBLISH(gauge::follower);
CW_PUBLISH(gauge::silent);
CW_PUBLISH(gauge::leased, .lease_ms = 100);

CW_PROVIDE(gauge::set, [](gauge::Number number) {
    gauge::report.publish(gauge::report_of(number.number));
    gauge::level.publish(static_cast<std::uint32_t>(number.number));
    return cw::Nothing{};
});
CW_PROVIDE(gauge::flood, [](gauge::Number last) {
    for (std::uint64_t number = 1; number <= last.number; ++number)
        gauge::report.publish(gauge::report_of(number));
    return cw::Nothing{};
});
CW_PROVIDE(gauge::follow, [](gauge::Number last) {
    for (std::uint64_t number = 0; number <= last.number; ++number) {
        gauge::report.publish(gauge::report_of(number));
        gauge::follower.publish(gauge::report_of(number));
    }
    return cw::Nothing{};
});
CW_PROVIDE(gauge::set_later, [](gauge::Number number) -> cw::Task<> {
    static_cast<void>(co_await cw::sleep_ns(100'000'000));
    gauge::report.publish(gauge::report_of(number.number));
    co_return co_await cw::variables::announce_change(gauge::report.entry());
});
CW_PROVIDE(gauge::renew, [](gauge::Number number) {
    gauge::leased.publish(gauge::report_of(number.number));
    return cw::Nothing{};
});
