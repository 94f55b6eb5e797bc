// Owners and holders of control cells that end, in each placement: the test itself loads them.
#include "valve.hpp"
#include <cw/core/service/modules.hpp>
#include <cw/core/text.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/wait.hpp>
#include <iterator>

CW_MODULE(cells_end_test, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(cw::cells::create);
CW_REQUIRE(cw::cells::destroy);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::cells::close);
CW_REQUIRE(valve::make, cw::abi::kMethodOptional);
CW_REQUIRE(valve::level, cw::abi::kMethodOptional);
CW_REQUIRE(valve::tilt, cw::abi::kMethodOptional);
CW_REQUIRE(valve::form, cw::abi::kMethodOptional);
CW_REQUIRE(valve::flood, cw::abi::kMethodOptional);
CW_REQUIRE(valve::crash, cw::abi::kMethodOptional);
CW_REQUIRE(hand::open, cw::abi::kMethodOptional);
CW_REQUIRE(hand::store, cw::abi::kMethodOptional);
CW_REQUIRE(hand::state, cw::abi::kMethodOptional);
CW_REQUIRE(hand::scribble, cw::abi::kMethodOptional);
CW_REQUIRE(hand::spoil, cw::abi::kMethodOptional);
CW_REQUIRE(hand::crash, cw::abi::kMethodOptional);

namespace {

using cw::Status;
using cw::abi::Placement;
using cw::cells::Hold;
using valve::Form;
using valve::Level;

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr Placement kPlacements[] = {
    Placement::user_process, Placement::kernel, Placement::sync_caller};

cw::Area scratch;
cw::cells::Owned<std::uint16_t> crowd[5000];
cw::cells::Held<std::uint16_t> opened[2000];

cw::Text<16> name_of(std::size_t number) noexcept {
    return cw::Text<16>{"crowd/{}", number};
}

/// Calls reach it when this is done. One that is just going is waited for.
cw::Task<> load(std::string_view name, Placement placement) noexcept {
    if (scratch.size() == 0) {
        CW_CO_TRY(area, co_await cw::Area::create(4096));
        scratch = area;
    }
    cw::modules::LoadArguments arguments{};
    name.copy(arguments.name.data(), name.size());
    arguments.placement = static_cast<std::uint8_t>(placement);
    Status status = Status::busy;
    for (int tries = 0; tries < 1000 && status != Status::ok; ++tries) {
        CW_CO_TRY(reply, co_await cw::modules::load(arguments));
        status = static_cast<Status>(reply.status);
        if (status != Status::ok)
            static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    }
    for (int tries = 0; tries < 1000 && status == Status::ok; ++tries) {
        const bool there = name == "valve" ? (co_await valve::make()).has_value()
                                           : (co_await hand::state({0})).has_value();
        if (there)
            co_return cw::Nothing{};
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    }
    co_return cw::refuse(status == Status::ok ? Status::timed_out : status);
}

cw::Task<> unload(std::string_view name) noexcept {
    cw::modules::UnloadArguments arguments{};
    name.copy(arguments.name.data(), name.size());
    CW_CO_TRY(reply, co_await cw::modules::unload(arguments));
    if (reply.status != 0)
        co_return cw::refuse(static_cast<Status>(reply.status));
    co_return cw::Nothing{};
}

std::int64_t tilt_of(const cw::Result<valve::Reading>& read) noexcept {
    return read ? static_cast<std::int64_t>(read->value) : 0;
}

} // namespace

CW_TEST(a_holder_that_faults_has_let_go) {
    CW_EXPECT((co_await load("valve", Placement::user_process)).has_value());
    for (const Placement placement : kPlacements) {
        CW_EXPECT((co_await load("hand", placement)).has_value());
        for (const std::uint32_t cell : {0u, 1u, 2u})
            CW_EXPECT((co_await hand::open({cell, 0, 0})).has_value());
        CW_EXPECT((co_await hand::store({0, 500})).has_value());
        CW_EXPECT((co_await hand::store({1, 60})).has_value());
        CW_EXPECT((co_await hand::store({2, 2})).has_value());
        CW_EXPECT_EQUAL(tilt_of(co_await valve::tilt()), 60);
        CW_EXPECT_EQUAL((co_await valve::form())->value, 2u);
        CW_EXPECT_EQUAL((co_await hand::crash()).error(), Status::peer_died);
        CW_EXPECT_EQUAL(tilt_of(co_await valve::tilt()), -5);
        CW_EXPECT_EQUAL((co_await valve::form())->value, 3u);
        CW_EXPECT_EQUAL((co_await valve::level())->value, 500u); // what it was, it keeps
        CW_EXPECT_VALUE(level, co_await cw::cells::open_as<Level>("valve/level", {}, scratch));
        level.store(100);
        CW_EXPECT_EQUAL((co_await valve::level())->value, 100u);
        CW_EXPECT((co_await cw::cells::close(level.which())).has_value());
    }
    CW_EXPECT((co_await unload("valve")).has_value());
}

CW_TEST(who_writes_at_random_spoils_its_own_value_only) {
    CW_EXPECT((co_await load("valve", Placement::user_process)).has_value());
    CW_EXPECT((co_await load("hand", Placement::user_process)).has_value());
    CW_EXPECT_VALUE(tilt, co_await cw::cells::open_as<valve::Tilt>("valve/tilt", {}, scratch));
    tilt.store(7);
    CW_EXPECT((co_await hand::open({0, 0, 0})).has_value());
    for (std::uint64_t round = 0; round < 20; ++round) {
        auto scribbles = hand::scribble({0, 5'000 + round});
        CW_EXPECT_EQUAL(tilt_of(co_await valve::tilt()), 7);
        CW_EXPECT_VALUE(level, co_await valve::level());
        CW_EXPECT(level.value >= 10 && level.value <= 1000);
        CW_EXPECT_VALUE(sum, co_await valve::flood({1'000}));
        CW_EXPECT_EQUAL(sum.torn, 0u);
        CW_EXPECT((co_await scribbles).has_value());
    }
    CW_EXPECT((co_await hand::store({0, 123})).has_value());
    CW_EXPECT_EQUAL((co_await valve::level())->value, 123u);
    for (const std::uint64_t what : {0u, 1u}) { // which is not its own
        CW_EXPECT_EQUAL((co_await hand::spoil({what})).error(), Status::peer_died);
        CW_EXPECT((co_await load("hand", Placement::user_process)).has_value());
        CW_EXPECT_VALUE(again, co_await hand::open({0, 0, 0}));
        CW_EXPECT(static_cast<Hold>(again.state) == Hold::held);
        CW_EXPECT((co_await hand::store({0, 124 + what})).has_value());
        CW_EXPECT_EQUAL((co_await valve::level())->value, 124 + what);
    }
    CW_EXPECT_VALUE(applied, tilt.applied());
    CW_EXPECT_EQUAL(applied, 7);
    CW_EXPECT((co_await cw::cells::close(tilt.which())).has_value());
    CW_EXPECT((co_await unload("hand")).has_value());
    CW_EXPECT((co_await unload("valve")).has_value());
}

CW_TEST(an_owner_that_faults_is_gone_until_it_is_there_again) {
    for (const Placement placement : kPlacements) {
        CW_EXPECT((co_await load("valve", placement)).has_value());
        CW_EXPECT_VALUE(level, co_await cw::cells::open_as<Level>("valve/level", {}, scratch));
        CW_EXPECT_VALUE(form, co_await cw::cells::open_as<Form>("valve/form", {}, scratch));
        level.store(300);
        CW_EXPECT_EQUAL((co_await valve::level())->value, 300u);
        CW_EXPECT_EQUAL((co_await valve::crash()).error(), Status::peer_died);
        CW_EXPECT(level.state() == Hold::gone);
        CW_EXPECT(form.state() == Hold::gone);
        level.store(301);
        form.store(valve::form_of(2));
        CW_EXPECT_EQUAL((co_await cw::cells::open_as<Level>("valve/level", {}, scratch)).error(),
                        Status::not_found);
        CW_EXPECT((co_await load("valve", Placement::user_process)).has_value());
        CW_EXPECT(level.state() == Hold::gone);
        level.store(302); // still nowhere, and its memory is still there
        form.store(valve::form_of(4));
        CW_EXPECT_EQUAL((co_await valve::level())->value, 50u);
        CW_EXPECT_EQUAL((co_await valve::form())->value, 3u);
        CW_EXPECT_VALUE(again, co_await cw::cells::open_as<Level>("valve/level", {}, scratch));
        CW_EXPECT(again.epoch() > level.epoch());
        again.store(303);
        CW_EXPECT_EQUAL((co_await valve::level())->value, 303u);
        for (const auto& which : {level.which(), form.which(), again.which()})
            CW_EXPECT((co_await cw::cells::close(which)).has_value());
        CW_EXPECT((co_await unload("valve")).has_value());
    }
}

CW_TEST(holders_come_and_go) {
    constexpr std::uint64_t kHolders = 12; // more than layers are kept
    CW_EXPECT((co_await load("valve", Placement::user_process)).has_value());
    for (std::uint64_t i = 0; i < kHolders; ++i) {
        CW_EXPECT((co_await load("hand", Placement::kernel)).has_value());
        CW_EXPECT((co_await hand::open({1, 0, 0})).has_value());
        CW_EXPECT((co_await hand::store({1, i})).has_value());
        CW_EXPECT_EQUAL(tilt_of(co_await valve::tilt()), static_cast<std::int64_t>(i));
        CW_EXPECT((co_await unload("hand")).has_value());
        CW_EXPECT_EQUAL(tilt_of(co_await valve::tilt()), -5);
    }
    CW_EXPECT((co_await unload("valve")).has_value());
}

CW_TEST(there_may_be_many_but_not_any_number) {
    std::size_t count = 0;
    Status status = Status::ok;
    while (status == Status::ok && count < std::size(crowd)) {
        const auto made = co_await cw::cells::create_as<std::uint16_t>(
            name_of(count).view(), {.initial = 1}, scratch);
        status = made ? Status::ok : made.error();
        if (made)
            crowd[count++] = *made;
    }
    CW_EXPECT_EQUAL(status, Status::no_resource);
    CW_EXPECT(count > 1000);
    std::size_t open = 0;
    for (status = Status::ok; status == Status::ok && open < std::size(opened); ++open) {
        const auto handle =
            co_await cw::cells::open_as<std::uint16_t>(name_of(open).view(), {}, scratch);
        status = handle ? Status::ok : handle.error();
        if (!handle)
            break;
        opened[open] = *handle;
        opened[open].store(static_cast<std::uint16_t>(3 * open));
    }
    CW_EXPECT_EQUAL(status, Status::no_resource);
    CW_EXPECT(open > 1000);
    for (std::size_t i = 0; i < open; ++i) { // each has its own
        CW_EXPECT_EQUAL(crowd[i].load(), static_cast<std::uint16_t>(3 * i));
        if (i % 2 == 0)
            CW_EXPECT((co_await cw::cells::close(opened[i].which())).has_value());
    }
    for (std::size_t i = 0; i < count; ++i)
        CW_EXPECT((co_await cw::cells::destroy(crowd[i].which())).has_value());
    for (std::size_t i = 1; i < open; i += 2)
        CW_EXPECT((co_await cw::cells::close(opened[i].which())).has_value());
    CW_EXPECT_VALUE(
        again,
        co_await cw::cells::create_as<std::uint16_t>("crowd/again", {.initial = 9}, scratch));
    CW_EXPECT_EQUAL(again.load(), 9u);
    CW_EXPECT((co_await cw::cells::destroy(again.which())).has_value());
}
