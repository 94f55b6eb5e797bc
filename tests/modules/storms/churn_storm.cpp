// Drives the churn: `call echo.ping CALLS` has each worker make so many calls, in each of two ways;
// answers what went wrong.
#include "churn.hpp"
#include "report.hpp"
#include <cw/modules/echo.hpp>

CW_MODULE(churn_storm, {.version = {1, 0}});
CW_REQUIRE(console::put);
CW_REQUIRE(churn::drive);
CW_REQUIRE(churn::fill);
CW_REQUIRE(churn::account);

namespace {

/// Two calls of each can be under way at most: as many as there is room for.
constexpr std::uint64_t kCarefulWorkers = 60;
constexpr std::uint64_t kCarelessWorkers = churn::kMostWorkers;
constexpr std::uint64_t kBeyond = 72;

cw::Task<echo::Word> run(std::string_view name, churn::Orders orders) noexcept {
    CW_CO_TRY(tally, co_await churn::drive(orders));
    const std::uint64_t all = orders.workers * orders.calls;
    const std::uint64_t lost = all - tally.values - tally.timed_out - tally.cancelled -
                               tally.dropped - tally.refused - tally.wrong;
    storms::Line line{"@storm name=churn.{} sent={} values={} timed_out={} cancelled={} dropped={} "
                      "refused={} lost={} wrong={}\r\n",
                      name,
                      all,
                      tally.values,
                      tally.timed_out,
                      tally.cancelled,
                      tally.dropped,
                      tally.refused,
                      lost,
                      tally.wrong};
    CW_CO_CHECK(co_await storms::say(line.view()));
    co_return echo::Word{lost + tally.wrong + orders.careful * tally.refused};
}

/// Everything has settled: nothing is left under way, on neither side.
cw::Task<echo::Word> check_rest() noexcept {
    CW_CO_TRY(capacity, co_await churn::fill({kBeyond}));
    CW_CO_TRY(account, co_await churn::account());
    const std::uint64_t unfinished = account.started - account.finished - account.cut;
    storms::Line line{"@storm name=churn.rest answered_at_once={} refused={} started_twice={} "
                      "unfinished={} cut={}\r\n",
                      capacity.answered,
                      capacity.refused,
                      account.started_twice,
                      unfinished,
                      account.cut};
    CW_CO_CHECK(co_await storms::say(line.view()));
    co_return echo::Word{account.started_twice + unfinished +
                         (capacity.answered == churn::kMostUnderWay ? 0u : 1u)};
}

cw::Task<echo::Word> run_all(echo::Word calls) noexcept {
    CW_CO_TRY(careful, co_await run("careful", {kCarefulWorkers, calls.value, 1}));
    CW_CO_TRY(careless, co_await run("careless", {kCarelessWorkers, calls.value / 20, 0}));
    CW_CO_TRY(rest, co_await check_rest());
    co_return echo::Word{careful.value + careless.value + rest.value};
}

} // namespace

CW_PROVIDE(echo::ping, run_all);
