#include "shaping.hpp"
#include "measure.hpp"
#include <algorithm>
#include <array>
#include <cw/core/text.hpp>
#include <cw/modules/shaper.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/use.hpp>
#include <cw/sdk/wait.hpp>

CW_USES(cw::cells::open);
CW_USES(cw::cells::close);
CW_USES(shaper::add);
CW_USES(shaper::remove);
CW_USES(shaper::serve);
CW_USES(shaper::account);

namespace bench {

namespace {

using cw::abi::Placement;

constexpr std::uint32_t kInstances = shaper::kMaxInstances;
constexpr std::uint32_t kPacket = 500;
constexpr std::uint64_t kBurst = 1'000'000'000'000; // whoever is stopped for a while catches up
constexpr std::uint64_t kSecond = 1'000'000'000;    // ticks: this host's are nanoseconds
constexpr std::uint64_t kMillisecond = kSecond / 1'000;

std::uint64_t now() noexcept {
    return cw_module.ops->now();
}

/// One rate, as who sets it sees it.
struct Rate {
    cw::cells::Held<std::uint64_t> cell;
    std::uint64_t index = 0;   ///< Of the instance.
    std::uint64_t value = 0;   ///< Bytes a second, since
    std::uint64_t since = 0;   ///< then.
    std::uint64_t allowed = 0; ///< Until then: bytes times ticks a second, of 4 seconds at most.
    std::uint64_t before = 0;  ///< Bytes that had gone when it began.

    void set(std::uint64_t rate) noexcept {
        cell.store(rate);
        const std::uint64_t ticks = now();
        allowed += value * (ticks - since);
        value = rate;
        since = ticks;
    }
};
std::array<Rate, kInstances> rates;

/// Of a generator that gives the same numbers in each run: up to 4 GB a second.
std::uint64_t some_rate() noexcept {
    static std::uint64_t state = 0x5eed;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state >> 32;
}

cw::Task<> begin(Placement placement) noexcept {
    CW_CO_CHECK(co_await load("shaper", placement, 0, {}, 2));
    for (std::uint32_t number = 0; number < kInstances; ++number) {
        shaper::Instance wanted{.name = {}, .rate = 0, .burst = kBurst};
        const cw::Text<8> name{"{}", number};
        name.view().copy(wanted.name.data(), wanted.name.size());
        CW_CO_TRY(index, co_await shaper::add(wanted));
        const cw::Text<24> cell{"shaper/{}/rate", number};
        CW_CO_TRY(handle, co_await cw::cells::open_as<std::uint64_t>(cell.view(), {}, area));
        rates[number] = {.cell = handle, .index = index.index};
    }
    co_return cw::Nothing{};
}

cw::Task<> end() noexcept {
    for (const Rate& rate : rates)
        CW_CO_CHECK(co_await cw::cells::close(rate.cell.which()));
    co_return co_await unload("shaper");
}

struct Outcome {
    std::uint64_t turn_p99; ///< Ticks.
    std::uint64_t error;    ///< Of 10^6, of the instance that is furthest from what it was told.
};

/// The shaper works for so many rounds, and meanwhile, for `ticks`, all rates are set once and then
/// one after the other, so many a second. Errors: timed_out (the shaper was through too early).
cw::Task<Outcome>
shape(std::uint64_t ticks, std::uint64_t stores_a_second, std::uint32_t rounds) noexcept {
    for (Rate& rate : rates) {
        CW_CO_TRY(account, co_await shaper::account({rate.index}));
        rate.before = account.bytes;
        rate.allowed = 0;
    }
    auto serving = shaper::serve({rounds, kPacket});
    static_cast<void>(co_await cw::sleep_ns(kMillisecond)); // it is told when we wait
    const std::uint64_t begun = now();
    for (Rate& rate : rates)
        rate.set(some_rate());
    std::uint64_t stored = 0;
    while (now() - begun < ticks) {
        const std::uint64_t due = (now() - begun) * stores_a_second / kSecond;
        for (; stored < due; ++stored)
            rates[stored % kInstances].set(some_rate());
        __builtin_ia32_pause();
    }
    for (Rate& rate : rates)
        rate.set(0);
    const std::uint64_t over = now();
    CW_CO_TRY(sent, co_await serving);
    CW_CO_CHECK(co_await shaper::serve({2, kPacket})); // all are at 0 for certain
    if (sent.ticks < over)
        co_return cw::refuse(cw::Status::timed_out);
    Outcome outcome{sent.turn_p99, 0};
    for (const Rate& rate : rates) {
        CW_CO_TRY(account, co_await shaper::account({rate.index}));
        const auto told = static_cast<std::int64_t>(rate.allowed / kSecond);
        const auto went = static_cast<std::int64_t>(account.bytes - rate.before);
        const std::int64_t wrong = went < told ? told - went : went - told;
        outcome.error = std::max(
            outcome.error,
            static_cast<std::uint64_t>(wrong * 1'000'000 / std::max<std::int64_t>(1, told)));
    }
    co_return outcome;
}

cw::Task<Outcome> shape(std::uint64_t ticks, std::uint64_t stores_a_second) noexcept {
    constexpr std::uint64_t kShortestRound = kInstances * 20; // ticks
    for (auto rounds = static_cast<std::uint32_t>(ticks / kShortestRound / 4);; rounds *= 2) {
        const auto outcome = co_await shape(ticks, stores_a_second, rounds);
        if (outcome || outcome.error() != cw::Status::timed_out)
            co_return outcome;
    }
}

} // namespace

cw::Task<> measure_shaping() noexcept {
    CW_CO_CHECK(co_await begin(Placement::user_process));
    CW_CO_TRY(quiet, co_await shape(300 * kMillisecond, 0));
    figure.add(quiet.turn_p99 * 1'000);
    CW_CO_CHECK(co_await report("shaper.turn.p99", "ps"));
    CW_CO_TRY(written, co_await shape(1'000 * kMillisecond, 1'000'000));
    figure.add(written.turn_p99 * 1'000);
    CW_CO_CHECK(co_await report("shaper.turn.p99.written", "ps"));
    figure.add(written.error);
    CW_CO_CHECK(co_await report("shaper.error", "ppm"));
    co_return co_await end();
}

cw::Task<> sweep_shaping() noexcept {
    constexpr std::uint64_t kMostStores = 1'000'000;
    for (const bool kernel : {true, false}) {
        CW_CO_CHECK(co_await begin(kernel ? Placement::kernel : Placement::user_process));
        for (std::uint64_t stores = 10; stores <= kMostStores; stores *= 10) {
            CW_CO_TRY(outcome, co_await shape(300 * kMillisecond, stores));
            figure.add(outcome.error);
            cw::Text<80> name{"sweep.shaper.{}.{}", kernel ? "kernel" : "process", stores};
            CW_CO_CHECK(co_await report(name.view(), "ppm"));
        }
        CW_CO_CHECK(co_await end());
    }
    co_return cw::Nothing{};
}

} // namespace bench
