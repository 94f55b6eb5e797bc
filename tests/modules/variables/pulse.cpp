// Publishes its next beat whenever somebody waits for one: what is seen of it is always the same.
// Has two cells that nobody holds, and much to say while it is traced.
#include "pulse.hpp"
#include <cw/sdk/cells.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/trace.hpp>
#include <cw/sdk/variables.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(pulse, {.version = {1, 0}});
CW_PUBLISH(pulse::beat);
CW_READ(pulse::beat);
CW_PUBLISH(pulse::still);
CW_REQUIRE(cw::variables::announce);
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::cells::create);

namespace {

cw::cells::Owned<std::uint32_t> level;
cw::cells::Owned<std::int32_t> tilt;

cw::Task<> make_cells() noexcept {
    CW_CO_TRY(scratch, co_await cw::Area::create(4096));
    CW_CO_TRY(new_level,
              co_await cw::cells::create_as<std::uint32_t>(
                  "pulse/level", {.initial = 50, .min = 10, .max = 1000}, scratch));
    CW_CO_TRY(
        new_tilt,
        co_await cw::cells::create_as<std::int32_t>(
            "pulse/tilt",
            {.initial = -5, .min = -100, .max = 100, .on_release = cw::cells::OnRelease::revert},
            scratch));
    level = new_level;
    tilt = new_tilt;
    co_return cw::Nothing{};
}

cw::Task<> beat() noexcept {
    constexpr std::uint64_t kPauseNs = 2'000'000;
    for (std::uint64_t number = 1;;) {
        static_cast<void>(co_await cw::sleep_ns(kPauseNs));
        for (std::uint64_t said = 0; said < 64; ++said)
            cw::trace::event("pulse", number, said);
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
    static_cast<void>(cw::spawn(make_cells()));
    static_cast<void>(cw::spawn(beat()));
}
