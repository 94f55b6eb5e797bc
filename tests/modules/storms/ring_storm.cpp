// Drives the ring storm: `call echo.ping STEPS` has both nodes call each other for so many steps at
// once, and answers how many calls went wrong.
#include "report.hpp"
#include "ring_node.hpp"
#include <cw/modules/echo.hpp>

CW_MODULE(ring_storm, {.version = {1, 0}});
CW_REQUIRE(console::put);
CW_REQUIRE(rings::node_0::drive);
CW_REQUIRE(rings::node_1::drive);
CW_REQUIRE(rings::node_0::served);
CW_REQUIRE(rings::node_1::served);

namespace {

constexpr std::uint32_t kCrowdCalls = 3000;
constexpr std::uint32_t kCrowdDepth = 100;
constexpr std::uint32_t kLoneCalls = 125;

cw::Task<echo::Word>
report(std::string_view name, rings::Tally client, rings::Served server) noexcept {
    const std::uint64_t lost = client.sent - client.answered;
    storms::Line line{"@storm name=rings.{} sent={} served={} answered={} lost={} out_of_order={} "
                      "wrong={}\r\n",
                      name,
                      client.sent,
                      server.count,
                      client.answered,
                      lost,
                      server.out_of_order,
                      client.wrong};
    CW_CO_CHECK(co_await storms::say(line.view()));
    const std::uint64_t twice = server.count - client.sent;
    co_return echo::Word{lost + twice + server.out_of_order + client.wrong};
}

cw::Task<echo::Word> run(echo::Word steps) noexcept {
    const rings::Orders orders{steps.value, kCrowdCalls, kCrowdDepth, kLoneCalls};
    auto drive_0 = rings::node_0::drive(orders);
    auto drive_1 = rings::node_1::drive(orders);
    CW_CO_TRY(tally_0, co_await drive_0);
    CW_CO_TRY(tally_1, co_await drive_1);
    CW_CO_TRY(served_0, co_await rings::node_0::served());
    CW_CO_TRY(served_1, co_await rings::node_1::served());
    CW_CO_TRY(wrong_01, co_await report("0_to_1", tally_0, served_1));
    CW_CO_TRY(wrong_10, co_await report("1_to_0", tally_1, served_0));
    co_return echo::Word{wrong_01.value + wrong_10.value};
}

} // namespace

CW_PROVIDE(echo::ping, run);
