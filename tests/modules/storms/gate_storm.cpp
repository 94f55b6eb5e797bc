// Drives the storm before a gate; answers what went wrong. `call echo.ping CLIENTS` has so many
// clients go through the phases, 10 + CLIENTS through shorter ones, for a target that asks another
// module; 0 has one client go through those that need gate_noise.
#include "gate_target.hpp"
#include "report.hpp"
#include <cw/modules/echo.hpp>
#include <optional>
#include <span>

CW_MODULE(gate_storm, {.version = {1, 0}});
CW_REQUIRE(console::put);
CW_REQUIRE(gates::account);
CW_REQUIRE(gates::burst, cw::abi::kMethodOptional);
CW_REQUIRE(gates::client_0::drive);
CW_REQUIRE(gates::client_1::drive, cw::abi::kMethodOptional);
CW_REQUIRE(gates::client_2::drive, cw::abi::kMethodOptional);

namespace {

struct Phase {
    std::string_view name;
    gates::Orders orders;
};

/// {calls, depth, turns before, turns inside, pause}, times, notes.
constexpr Phase kTogether[] = {
    {"apart", {{1'000, 1, 1, 400, 1'000}, 1, 0}},
    {"back_to_back", {{100'000, 1, 200, 400, 0}, 1, 0}},
    {"crowd", {{100'000, 16, 200, 400, 0}, 1, 0}},
};
constexpr Phase kAsking[] = {
    {"apart", {{1'000, 1, 1, 400, 1'000}, 1, 0}},
    {"back_to_back", {{20'000, 1, 200, 400, 0}, 1, 0}},
    {"crowd", {{20'000, 16, 200, 400, 0}, 1, 0}},
};
constexpr Phase kWithin[] = {
    {"direct", {{100'000, 1, 1, 4, 0}, 1, 0}},
    {"on_the_stack", {{20, 8, 1, 4, 0}, 20'000, 4}},
};

/// Adds what one client has seen; a client that does not take part has seen nothing.
template <class M>
cw::Task<> add(std::optional<cw::Future<M>>& client, storms::Tally& sum) noexcept {
    if (!client)
        co_return cw::Nothing{};
    CW_CO_TRY(tally, co_await *client);
    sum.sent += tally.sent;
    sum.answered += tally.answered;
    sum.wrong += tally.wrong;
    sum.refused += tally.refused;
    sum.pending += tally.pending;
    co_return cw::Nothing{};
}

cw::Task<echo::Word> run(const Phase& phase, std::uint64_t clients) noexcept {
    storms::Tally sum{};
    std::optional<cw::Future<gates::client_0::drive_method>> first;
    std::optional<cw::Future<gates::client_1::drive_method>> second;
    std::optional<cw::Future<gates::client_2::drive_method>> third;
    first.emplace(gates::client_0::drive(phase.orders));
    if (clients > 1)
        second.emplace(gates::client_1::drive(phase.orders));
    if (clients > 2)
        third.emplace(gates::client_2::drive(phase.orders));
    CW_CO_CHECK(co_await add(first, sum));
    CW_CO_CHECK(co_await add(second, sum));
    CW_CO_CHECK(co_await add(third, sum));
    std::uint64_t noise = 0;
    if (phase.orders.notes != 0) {
        CW_CO_TRY(answered, co_await gates::burst({0}));
        noise = answered.value;
    }
    CW_CO_TRY(account, co_await gates::account());
    const std::uint64_t lost = sum.sent - sum.answered;
    storms::Line line{"@storm name=gates.{} sent={} answered={} lost={} wrong={} entered={} "
                      "noise={} out_of_order={} met={} pending={}\r\n",
                      phase.name,
                      sum.sent,
                      sum.answered,
                      lost,
                      sum.wrong,
                      account.entered,
                      noise,
                      account.out_of_order,
                      account.met,
                      sum.pending};
    CW_CO_CHECK(co_await storms::say(line.view()));
    const std::uint64_t twice = account.entered - noise - sum.sent;
    co_return echo::Word{lost + sum.wrong + twice + account.out_of_order};
}

cw::Task<echo::Word> run_all(std::span<const Phase> phases, std::uint64_t clients) noexcept {
    echo::Word wrong{};
    for (const Phase& phase : phases) {
        CW_CO_TRY(result, co_await run(phase, clients));
        wrong.value += result.value;
    }
    co_return wrong;
}

cw::Task<echo::Word> start(echo::Word what) noexcept {
    constexpr std::uint64_t kAsk = 10;
    if (what.value == 0)
        co_return co_await run_all(kWithin, 1);
    if (what.value > kAsk)
        co_return co_await run_all(kAsking, what.value - kAsk);
    co_return co_await run_all(kTogether, what.value);
}

} // namespace

CW_PROVIDE(echo::ping, start);
