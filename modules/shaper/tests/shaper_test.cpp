// Tests of the shaper, from one source in every placement of it and of them: rates are set by
// stores while it runs, and what has passed is what they allow. No clock but the shaper's own is
// looked at, so it does not matter how fast anybody runs.
#include "../spread.hpp"
#include <cw/core/text.hpp>
#include <cw/modules/shaper.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(shaper_test, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::cells::close);
CW_REQUIRE(shaper::add);
CW_REQUIRE(shaper::remove);
CW_REQUIRE(shaper::pass);
CW_REQUIRE(shaper::serve);
CW_REQUIRE(shaper::account);

namespace {

using cw::Status;
using cw::cells::Hold;
using Rate = std::uint64_t;

constexpr std::uint32_t kInstances = shaper::kMaxInstances;
constexpr Rate kInitial = 1'000'000;
constexpr Rate kFastest = 4'000'000'000;            // so that packets pass between two calls
constexpr std::uint64_t kBurst = 1'000'000'000'000; // enough for whoever is stopped for an hour
constexpr std::uint32_t kPacket = 500;
constexpr std::uint32_t kMany = ~0u; // packets that wait: always some more

cw::Area scratch;
std::uint64_t indices[kInstances];
cw::cells::Held<Rate> handles[kInstances];
bool is_open[kInstances];
Rate rates[kInstances]; ///< That the shaper is to go by.

cw::Text<24> name_of(std::uint32_t number) noexcept {
    return cw::Text<24>{"shaper/i{}/rate", number};
}

cw::Task<> add_all() noexcept {
    if (scratch.size() == 0) {
        CW_CO_TRY(area, co_await cw::Area::create(4096));
        scratch = area;
    }
    for (std::uint32_t number = 0; number < kInstances; ++number) {
        shaper::Instance wanted{.name = {}, .rate = kInitial, .burst = kBurst};
        const cw::Text<8> name{"i{}", number};
        name.view().copy(wanted.name.data(), wanted.name.size());
        CW_CO_TRY(index, co_await shaper::add(wanted));
        indices[number] = index.index;
        is_open[number] = false;
        rates[number] = kInitial;
    }
    co_return cw::Nothing{};
}

cw::Task<> remove_all() noexcept {
    for (std::uint32_t number = 0; number < kInstances; ++number) {
        if (is_open[number])
            CW_CO_CHECK(co_await cw::cells::close(handles[number].which()));
        CW_CO_CHECK(co_await shaper::remove({indices[number]}));
    }
    co_return cw::Nothing{};
}

/// So many of a hundred turns are long.
consteval std::uint64_t p99_with(int slow) {
    shaper::Spread turns;
    for (int i = 0; i < 100; ++i)
        turns.add(i < slow ? 5'000 : 30);
    return turns.p99();
}
static_assert(p99_with(0) == 30 && p99_with(1) == 30 && p99_with(2) == 4'095);

/// A generator that gives the same numbers in each run.
std::uint64_t next(std::uint64_t& state) noexcept {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/// Opens, closes or sets one of the rates, by chance.
cw::Task<> change(std::uint32_t number, std::uint64_t chance) noexcept {
    if (!is_open[number]) {
        CW_CO_TRY(handle, co_await cw::cells::open_as<Rate>(name_of(number).view(), {}, scratch));
        handles[number] = handle;
        is_open[number] = true;
    } else if (chance % 8 == 0) {
        CW_CO_CHECK(co_await cw::cells::close(handles[number].which()));
        is_open[number] = false;
        rates[number] = kInitial; // it reverts
    } else {
        const Rate rate = chance >> 16 & 0xff'ffff'ffff; // up to ten times what is allowed
        handles[number].store(rate);
        rates[number] = rate < shaper::kMaxRate ? rate : shaper::kMaxRate;
    }
    co_return cw::Nothing{};
}

/// What has passed between two stamps is what the rate of the first one allows, to the packet.
bool passed_as_allowed(const shaper::Passed& from, const shaper::Passed& to) noexcept {
    using Amount = unsigned __int128; // bytes times ticks a second
    const std::uint64_t second = cw_module.ops->ticks_per_second;
    const Amount allowed = static_cast<Amount>(from.rate) * (to.ticks - from.ticks);
    const Amount passed = static_cast<Amount>(to.bytes - from.bytes) * second;
    const Amount packet = static_cast<Amount>(kPacket) * second;
    return passed <= allowed + packet && passed + packet >= allowed;
}

} // namespace

CW_TEST(each_instance_goes_by_its_own_rate) {
    constexpr int kSteps = 300;
    CW_EXPECT((co_await add_all()).has_value());
    CW_EXPECT_EQUAL((co_await shaper::add({{'x'}, 1, 1})).error(), Status::no_resource);
    std::uint64_t state = 0x5eed;
    for (int step = 0; step < kSteps; ++step) {
        const auto number = static_cast<std::uint32_t>(next(state) % kInstances);
        CW_EXPECT((co_await change(number, next(state))).has_value());
        CW_EXPECT_VALUE(first, co_await shaper::pass({indices[number], kMany, kPacket}));
        CW_EXPECT_EQUAL(first.rate, rates[number]);
        if (is_open[number]) {
            CW_EXPECT_VALUE(applied, handles[number].applied());
            CW_EXPECT_EQUAL(applied, rates[number]);
            CW_EXPECT_EQUAL(handles[number].max(), shaper::kMaxRate);
        }
        // From its stamp on, bytes pass at that rate; a rate that is set counts from the stamp on
        // at which it was taken.
        if (is_open[number]) {
            rates[number] = next(state) % kFastest;
            handles[number].store(rates[number]);
        }
        CW_EXPECT_VALUE(second, co_await shaper::pass({indices[number], kMany, kPacket}));
        CW_EXPECT(passed_as_allowed(first, second));
        CW_EXPECT_EQUAL(second.rate, rates[number]);
        CW_EXPECT_VALUE(third, co_await shaper::pass({indices[number], kMany, kPacket}));
        CW_EXPECT(passed_as_allowed(second, third));
    }
    CW_EXPECT((co_await remove_all()).has_value());
}

CW_TEST(rates_change_while_it_sends) {
    constexpr int kStores = 10'000;
    CW_EXPECT((co_await add_all()).has_value());
    for (std::uint32_t number = 0; number < kInstances; ++number)
        CW_EXPECT((co_await change(number, 0)).has_value());
    auto serving = shaper::serve({200, kPacket});
    std::uint64_t state = 0x5eed;
    for (int i = 0; i < kStores; ++i) {
        const std::uint64_t chance = next(state);
        handles[chance % kInstances].store(chance >> 42); // at most 4 MB a second
    }
    CW_EXPECT((co_await serving).has_value());
    CW_EXPECT((co_await shaper::serve({1, kPacket})).has_value());
    for (std::uint32_t number = 0; number < kInstances; ++number) {
        CW_EXPECT_VALUE(account, co_await shaper::account({indices[number]}));
        CW_EXPECT(account.bytes <= account.earned);
        CW_EXPECT(account.bytes + kPacket + 1 >= account.earned); // far below one in a hundred
        handles[number].store(~Rate{0});
        const std::uint64_t rejects = account.rejects;
        CW_EXPECT_VALUE(passed, co_await shaper::pass({indices[number], 0, kPacket}));
        CW_EXPECT_EQUAL(passed.rate, shaper::kMaxRate);
        CW_EXPECT_VALUE(counted, co_await shaper::account({indices[number]}));
        CW_EXPECT_EQUAL(counted.rejects, rejects + 1);
    }
    CW_EXPECT((co_await remove_all()).has_value());
    for (const auto& handle : handles)
        CW_EXPECT(handle.state() == Hold::gone);
}
