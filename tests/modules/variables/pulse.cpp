// Publishes its next beat whenever somebody waits for one: what is seen of it is always the same.
#include "pulse.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/variables.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(pulse, {.version = {1, 0}});
CW_PUBLISH(pulse::beat);
CW_READ(pulse::beat);
CW_PUBLISH(pulse::still);
CW_REQUIRE(cw::variables::announce);

namespace {

cw::Task<> beat() noexcept {
    constexpr std::uint64_t kPauseNs = 2'000'000;
    for (std::uint64_t number = 1;;) {
        static_cast<void>(co_await cw::sleep_ns(kPauseNs));
        if (pulse::beat.entry().watchers.load(cw::Order::relaxed) == 0)
            continue;
        pulse::beat.publish({number, number / 2});
        ++number;
        CW_CO_CHECK(co_await cw::variables::announce_change(pulse::beat.entry()));
    }
}

} // namespace

CW_START {
    pulse::beat.publish({0, 0});
    pulse::still.publish(7);
    static_cast<void>(cw::spawn(beat()));
}
