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
constexpr std::uint32_t kPairCalls = 500;

cw::Task<echo::Word> report(std::string_view phase,
                            std::string_view way,
                            storms::Tally client,
                            rings::Served server) noexcept {
    const std::uint64_t lost = client.sent - client.answered;
    storms::Line line{
        "@storm name=rings.{}.{} sent={} served={} answered={} lost={} out_of_order={} "
        "wrong={}\r\n",
        phase,
        way,
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

/// What the nodes have counted since they were loaded.
cw::Task<echo::Word>
report_both(std::string_view phase, storms::Tally tally_0, storms::Tally tally_1) noexcept {
    CW_CO_TRY(served_0, co_await rings::node_0::served());
    CW_CO_TRY(served_1, co_await rings::node_1::served());
    CW_CO_TRY(wrong_01, co_await report(phase, "0_to_1", tally_0, served_1));
    CW_CO_TRY(wrong_10, co_await report(phase, "1_to_0", tally_1, served_0));
    co_return echo::Word{wrong_01.value + wrong_10.value};
}

cw::Task<echo::Word> run(echo::Word steps) noexcept {
    const rings::Orders by_turns{steps.value, kCrowdCalls, kCrowdDepth, kLoneCalls, 0};
    auto drive_0 = rings::node_0::drive(by_turns);
    auto drive_1 = rings::node_1::drive(by_turns);
    CW_CO_TRY(both_0, co_await drive_0);
    CW_CO_TRY(both_1, co_await drive_1);
    CW_CO_TRY(wrong_both, co_await report_both("both", both_0, both_1));
    // One way at a time: what goes the other way would ring whoever slept through a ring.
    const rings::Orders in_pairs{steps.value, 0, 1, 0, kPairCalls};
    CW_CO_TRY(alone_0, co_await rings::node_0::drive(in_pairs));
    CW_CO_TRY(alone_1, co_await rings::node_1::drive(in_pairs));
    CW_CO_TRY(wrong_alone, co_await report_both("alone", alone_0, alone_1));
    co_return echo::Word{wrong_both.value + wrong_alone.value};
}

} // namespace

CW_PROVIDE(echo::ping, run);
