// Drives the wake storm: `call echo.ping` runs its phases and answers how many of them went wrong.
#include "report.hpp"
#include "wake_node.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/buffer.hpp>
#include <new>
#include <optional>

CW_MODULE(wake_storm, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(console::put);
CW_REQUIRE(wakes::node_0::meet);
CW_REQUIRE(wakes::node_1::meet);
CW_REQUIRE(wakes::node_2::meet);
CW_REQUIRE(wakes::node_3::meet);
CW_REQUIRE(wakes::node_0::run);
CW_REQUIRE(wakes::node_1::run);
CW_REQUIRE(wakes::node_2::run);
CW_REQUIRE(wakes::node_3::run);

namespace {

using wakes::Shape;

struct Phase {
    std::string_view name;
    wakes::Orders orders;
};

/// In all each node rings more than a million times.
constexpr Phase kPhases[] = {
    {"lockstep", {.rounds = 50'000, .burst = 1, .shape = Shape::mesh}},
    {"bursts", {.rounds = 6'400, .burst = 64, .shape = Shape::mesh}},
    {"timers", {.rounds = 20'000, .burst = 2, .deadline_ticks = 200, .shape = Shape::mesh}},
    {"pauses",
     {.rounds = 4'000, .burst = 16, .pause_one_in = 8, .pause_ticks = 2'000, .shape = Shape::mesh}},
    {"star", {.rounds = 16'000, .burst = 8, .shape = Shape::star}},
};

cw::Area area;
std::uint64_t rung[wakes::kNodes];

cw::Task<> meet() noexcept {
    auto met_0 = wakes::node_0::meet();
    auto met_1 = wakes::node_1::meet();
    auto met_2 = wakes::node_2::meet();
    auto met_3 = wakes::node_3::meet();
    CW_CO_CHECK(co_await met_0);
    CW_CO_CHECK(co_await met_1);
    CW_CO_CHECK(co_await met_2);
    CW_CO_CHECK(co_await met_3);
    co_return cw::Nothing{};
}

/// 1 if something was lost or wrong.
cw::Task<echo::Word> run(const Phase& phase) noexcept {
    wakes::Orders orders = phase.orders;
    new (area.data()) wakes::Board{};
    orders.board = area.out(0, sizeof(wakes::Board));
    auto run_0 = wakes::node_0::run(orders);
    auto run_1 = wakes::node_1::run(orders);
    auto run_2 = wakes::node_2::run(orders);
    auto run_3 = wakes::node_3::run(orders);
    CW_CO_TRY(tally_0, co_await run_0);
    CW_CO_TRY(tally_1, co_await run_1);
    CW_CO_TRY(tally_2, co_await run_2);
    CW_CO_TRY(tally_3, co_await run_3);
    const wakes::Tally tallies[] = {tally_0, tally_1, tally_2, tally_3};
    wakes::Tally sum{};
    for (std::uint32_t node = 0; node < wakes::kNodes; ++node) {
        rung[node] += tallies[node].rung;
        sum.rung += tallies[node].rung;
        sum.seen += tallies[node].seen;
        sum.wrong += tallies[node].wrong;
        sum.waits += tallies[node].waits;
        sum.timed_out += tallies[node].timed_out;
    }
    storms::Line line{"@storm name=wakes.{} sent={} received={} lost={} wrong={} waits={} "
                      "timed_out={}\r\n",
                      phase.name,
                      sum.rung,
                      sum.seen,
                      sum.rung - sum.seen,
                      sum.wrong,
                      sum.waits,
                      sum.timed_out};
    CW_CO_CHECK(co_await storms::say(line.view()));
    co_return echo::Word{sum.seen == sum.rung && sum.wrong == 0 ? 0u : 1u};
}

cw::Task<echo::Word> run_all(echo::Word) noexcept {
    CW_CO_TRY(made, co_await cw::Area::create(sizeof(wakes::Board)));
    area = made;
    CW_CO_CHECK(co_await meet());
    echo::Word failed{};
    for (const Phase& phase : kPhases) {
        CW_CO_TRY(result, co_await run(phase));
        failed.value += result.value;
    }
    storms::Line line{"@storm name=wakes.all sent_by_node={},{},{},{} failed={}\r\n",
                      rung[0],
                      rung[1],
                      rung[2],
                      rung[3],
                      failed.value};
    CW_CO_CHECK(co_await storms::say(line.view()));
    co_return failed;
}

} // namespace

CW_PROVIDE(echo::ping, run_all);
