// Tests of control cells, from one source in every placement of owner and holder.
#include "valve.hpp"
#include <cw/core/service/variables.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(cells_test, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::cells::create);
CW_REQUIRE(cw::cells::destroy);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::cells::close);
CW_REQUIRE(cw::cells::holder);
CW_REQUIRE(cw::cells::look);
CW_REQUIRE(cw::cells::list);
CW_REQUIRE(cw::variables::turn);
CW_REQUIRE(valve::make);
CW_REQUIRE(valve::drop);
CW_REQUIRE(valve::level);
CW_REQUIRE(valve::tilt);
CW_REQUIRE(valve::form);
CW_REQUIRE(valve::flood);
CW_REQUIRE(hand::open);
CW_REQUIRE(hand::store);
CW_REQUIRE(hand::state);
CW_REQUIRE(hand::close);

namespace {

using cw::Status;
using cw::cells::Hold;
using cw::cells::Mode;
using valve::Form;
using valve::Level;
using valve::Tilt;

constexpr std::uint64_t kMillisecond = 1'000'000;

cw::Area scratch;

/// The valve's cells are there, and this module has room for texts.
cw::Task<> begin() noexcept {
    if (scratch.size() == 0) {
        CW_CO_TRY(area, co_await cw::Area::create(8192));
        scratch = area;
    }
    CW_CO_CHECK(co_await valve::make());
    co_return cw::Nothing{};
}

cw::cells::Named named(std::string_view name) noexcept {
    name.copy(scratch.text(), name.size());
    return {scratch.ref(0, name.size())};
}

Hold hold_of(const hand::State& state) noexcept {
    return static_cast<Hold>(state.state);
}

} // namespace

CW_TEST(what_is_stored_is_loaded) {
    CW_EXPECT((co_await begin()).has_value());
    CW_EXPECT_VALUE(level, co_await cw::cells::open_as<Level>("valve/level", {}, scratch));
    CW_EXPECT_EQUAL(level.min(), 10u);
    CW_EXPECT_EQUAL(level.max(), 1000u);
    CW_EXPECT(level.state() == Hold::held);
    CW_EXPECT_EQUAL(level.applied().error(), Status::not_ready);
    for (const Level value : {10u, 77u, 1000u}) {
        level.store(value);
        CW_EXPECT_VALUE(read, co_await valve::level());
        CW_EXPECT_EQUAL(read.value, value);
        CW_EXPECT_VALUE(applied, level.applied());
        CW_EXPECT_EQUAL(applied, value);
    }
    level.store_release(78);
    CW_EXPECT((co_await cw::cells::close(level.which())).has_value());
    CW_EXPECT_VALUE(kept, co_await valve::level());
    CW_EXPECT_EQUAL(kept.value, 78u);
    CW_EXPECT_EQUAL((co_await cw::cells::close(level.which())).error(), Status::not_found);
}

CW_TEST(what_is_outside_of_the_limits_is_clamped_and_counted) {
    CW_EXPECT((co_await begin()).has_value());
    CW_EXPECT_VALUE(level, co_await cw::cells::open_as<Level>("valve/level", {}, scratch));
    CW_EXPECT_VALUE(tilt, co_await cw::cells::open_as<Tilt>("valve/tilt", {}, scratch));
    CW_EXPECT_VALUE(before, co_await valve::level());
    level.store(1001);
    CW_EXPECT_VALUE(high, co_await valve::level());
    CW_EXPECT_EQUAL(high.value, 1000u);
    level.store(0);
    CW_EXPECT_VALUE(low, co_await valve::level());
    CW_EXPECT_EQUAL(low.value, 10u);
    CW_EXPECT_EQUAL(low.rejects, before.rejects + 2);
    CW_EXPECT_EQUAL(level.rejects(), before.rejects + 2);
    CW_EXPECT_VALUE(applied, level.applied());
    CW_EXPECT_EQUAL(applied, 10u);
    CW_EXPECT_VALUE(first, co_await valve::tilt());
    CW_EXPECT_EQUAL(static_cast<std::int64_t>(first.value), -5);
    for (const int value : {-32768, -101, -100, 99, 100, 101, 32767}) {
        tilt.store(static_cast<Tilt>(value));
        CW_EXPECT_VALUE(read, co_await valve::tilt());
        const std::int64_t expected = value < -100 ? -100 : value > 100 ? 100 : value;
        CW_EXPECT_EQUAL(static_cast<std::int64_t>(read.value), expected);
    }
    CW_EXPECT_EQUAL(tilt.rejects() - first.rejects, 4u);
    CW_EXPECT((co_await cw::cells::close(tilt.which())).has_value());
    CW_EXPECT_VALUE(reverted, co_await valve::tilt());
    CW_EXPECT_EQUAL(static_cast<std::int64_t>(reverted.value), -5);
    CW_EXPECT((co_await cw::cells::close(level.which())).has_value());
}

CW_TEST(who_comes_second_is_told_who_has_it) {
    CW_EXPECT((co_await begin()).has_value());
    CW_EXPECT((co_await hand::open({0, 0, 0})).has_value());
    for (const Mode mode : {Mode::exclusive, Mode::shared})
        CW_EXPECT_EQUAL(
            (co_await cw::cells::open_as<Level>("valve/level", {.mode = mode}, scratch)).error(),
            Status::busy);
    CW_EXPECT_VALUE(holder, co_await cw::cells::holder(named("valve/level")));
    CW_EXPECT(std::string_view{holder.module.data()} == "hand");
    CW_EXPECT_EQUAL(holder.holders, 1u);
    CW_EXPECT((co_await hand::store({0, 321})).has_value());
    CW_EXPECT_VALUE(look, co_await cw::cells::look(named("valve/level")));
    CW_EXPECT_EQUAL(look.value, 321u);
    CW_EXPECT_EQUAL(look.bytes, 4u);
    CW_EXPECT(cw::cells::state_of(look.hold) == cw::cells::State::held);
    CW_EXPECT((co_await hand::close({0})).has_value());
    CW_EXPECT_VALUE(nobody, co_await cw::cells::holder(named("valve/level")));
    CW_EXPECT_EQUAL(nobody.holders, 0u);
    CW_EXPECT_EQUAL(nobody.module[0], '\0');
    CW_EXPECT_EQUAL((co_await cw::cells::holder(named("valve/none"))).error(), Status::not_found);
}

CW_TEST(who_shares_writes_too_and_the_last_one_is_right) {
    CW_EXPECT((co_await begin()).has_value());
    CW_EXPECT((co_await hand::open({0, 1, 0})).has_value());
    CW_EXPECT_VALUE(
        level, co_await cw::cells::open_as<Level>("valve/level", {.mode = Mode::shared}, scratch));
    CW_EXPECT_EQUAL((co_await cw::cells::open_as<Level>("valve/level", {}, scratch)).error(),
                    Status::busy);
    CW_EXPECT((co_await hand::store({0, 100})).has_value());
    CW_EXPECT_EQUAL((co_await valve::level())->value, 100u);
    level.store(200);
    CW_EXPECT_EQUAL((co_await valve::level())->value, 200u);
    CW_EXPECT((co_await hand::close({0})).has_value());
    level.store(300);
    CW_EXPECT_EQUAL((co_await valve::level())->value, 300u);
    CW_EXPECT(level.state() == Hold::held);
    CW_EXPECT((co_await cw::cells::close(level.which())).has_value());
    CW_EXPECT_EQUAL((co_await valve::level())->value, 300u);
    CW_EXPECT_EQUAL(
        (co_await cw::cells::open_as<Form>("valve/form", {.mode = Mode::shared}, scratch)).error(),
        Status::invalid_argument);
}

CW_TEST(who_has_the_power_takes_it_away) {
    CW_EXPECT((co_await begin()).has_value());
    CW_EXPECT((co_await hand::open({0, 0, 0})).has_value());
    CW_EXPECT((co_await hand::store({0, 400})).has_value());
    // With the power, this says that there is no such variable.
    const auto turned = co_await cw::variables::turn({1'000'000, 1});
    auto level = co_await cw::cells::open_as<Level>("valve/level", {.mode = Mode::steal}, scratch);
    if (turned.error() == Status::not_permitted) {
        CW_EXPECT_EQUAL(level.error(), Status::not_permitted);
        CW_EXPECT((co_await hand::close({0})).has_value());
        co_return;
    }
    CW_EXPECT(level.has_value());
    CW_EXPECT_EQUAL((co_await valve::level())->value, 400u); // it goes on from there
    CW_EXPECT_VALUE(lost, co_await hand::store({0, 500}));   // which goes nowhere
    CW_EXPECT(hold_of(lost) == Hold::lost);
    CW_EXPECT_EQUAL((co_await valve::level())->value, 400u);
    level->store(600);
    CW_EXPECT_EQUAL((co_await valve::level())->value, 600u);
    CW_EXPECT_EQUAL((co_await hand::open({0, 0, 0})).error(), Status::busy);
    CW_EXPECT((co_await cw::cells::close(level->which())).has_value());
    CW_EXPECT_VALUE(again, co_await hand::open({0, 0, 0})); // into its former page
    CW_EXPECT(again.epoch > lost.epoch);
    CW_EXPECT_EQUAL((co_await valve::level())->value, 600u);
    CW_EXPECT((co_await hand::store({0, 700})).has_value());
    CW_EXPECT_EQUAL((co_await valve::level())->value, 700u);
    CW_EXPECT((co_await hand::close({0})).has_value());
}

CW_TEST(a_lease_that_is_not_renewed_runs_out) {
    CW_EXPECT((co_await begin()).has_value());
    CW_EXPECT_EQUAL((co_await cw::cells::open_as<Level>(
                         "valve/level", {.mode = Mode::shared, .lease_ms = 20}, scratch))
                        .error(),
                    Status::invalid_argument);
    CW_EXPECT_VALUE(tilt,
                    co_await cw::cells::open_as<Tilt>("valve/tilt", {.lease_ms = 20}, scratch));
    tilt.store(42);
    while (tilt.state() == Hold::held)
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    CW_EXPECT(tilt.state() == Hold::lost);
    tilt.store(43);
    CW_EXPECT_EQUAL(static_cast<std::int64_t>((co_await valve::tilt())->value), -5);
    CW_EXPECT_VALUE(other, co_await hand::open({1, 0, 0})); // others may have it
    CW_EXPECT(hold_of(other) == Hold::held);
    CW_EXPECT((co_await hand::close({1})).has_value());
    CW_EXPECT((co_await cw::cells::close(tilt.which())).has_value());
}

CW_TEST(a_lease_that_is_renewed_goes_on) {
    CW_EXPECT((co_await begin()).has_value());
    constexpr std::uint32_t kLease = 60; // ms
    bool kept = false;
    // On a machine that is busy elsewhere a lease may run out all the same.
    for (int tries = 0; tries < 20 && !kept; ++tries) {
        CW_EXPECT_VALUE(
            tilt, co_await cw::cells::open_as<Tilt>("valve/tilt", {.lease_ms = kLease}, scratch));
        for (std::int16_t i = 0; i < 24; ++i) { // two leases and more
            if (i % 2 == 0)
                tilt.renew();
            else
                tilt.store(i);
            static_cast<void>(co_await cw::sleep_ns(5 * kMillisecond));
        }
        kept = tilt.state() == Hold::held;
        CW_EXPECT((co_await cw::cells::close(tilt.which())).has_value());
    }
    CW_EXPECT(kept);
}

CW_TEST(a_wide_value_is_whole) {
    CW_EXPECT((co_await begin()).has_value());
    CW_EXPECT_EQUAL((co_await valve::form())->value, 3u);
    CW_EXPECT_VALUE(form, co_await cw::cells::open_as<Form>("valve/form", {}, scratch));
    CW_EXPECT(!form.effective());
    form.store(valve::form_of(1'000'000));
    CW_EXPECT(!form.effective());
    CW_EXPECT_EQUAL((co_await valve::form())->value, 1'000'000u);
    CW_EXPECT(form.effective());
    form.store(valve::form_of(5)); // its owner says no
    CW_EXPECT_VALUE(refused, co_await valve::form());
    CW_EXPECT_EQUAL(refused.value, 1'000'000u);
    CW_EXPECT_EQUAL(form.rejects(), refused.rejects);
    CW_EXPECT(refused.rejects >= 1);
    CW_EXPECT(!form.effective());
    constexpr std::uint64_t kLoads = 20'000;
    auto flood = valve::flood({kLoads});
    for (std::uint64_t i = 0; i < kLoads; ++i)
        form.store(valve::form_of(i << 20));
    CW_EXPECT_VALUE(sum, co_await flood);
    CW_EXPECT_EQUAL(sum.torn, 0u);
    CW_EXPECT_EQUAL(sum.loads, kLoads);
    CW_EXPECT((co_await cw::cells::close(form.which())).has_value());
    CW_EXPECT_EQUAL((co_await valve::form())->value, 3u);
}

CW_TEST(a_cell_that_is_gone_takes_stores_and_comes_back) {
    CW_EXPECT((co_await begin()).has_value());
    CW_EXPECT_VALUE(level, co_await cw::cells::open_as<Level>("valve/level", {}, scratch));
    CW_EXPECT_VALUE(form, co_await cw::cells::open_as<Form>("valve/form", {}, scratch));
    CW_EXPECT((co_await valve::drop()).has_value());
    CW_EXPECT(level.state() == Hold::gone);
    CW_EXPECT(form.state() == Hold::gone);
    level.store(11);
    form.store(valve::form_of(8));
    level.renew();
    CW_EXPECT_EQUAL((co_await cw::cells::open_as<Level>("valve/level", {}, scratch)).error(),
                    Status::not_found);
    CW_EXPECT((co_await valve::make()).has_value());
    CW_EXPECT(level.state() == Hold::gone); // that is another cell
    CW_EXPECT_EQUAL((co_await valve::level())->value, 50u);
    CW_EXPECT_VALUE(again, co_await cw::cells::open_as<Level>("valve/level", {}, scratch));
    CW_EXPECT(again.epoch() > level.epoch());
    again.store(12);
    level.store(13); // still nowhere
    CW_EXPECT_EQUAL((co_await valve::level())->value, 12u);
    CW_EXPECT((co_await cw::cells::close(level.which())).has_value());
    CW_EXPECT((co_await cw::cells::close(again.which())).has_value());
    CW_EXPECT((co_await cw::cells::close(form.which())).has_value());
}

CW_TEST(what_is_not_in_order_is_refused) {
    CW_EXPECT((co_await begin()).has_value());
    for (const std::string_view name : {"", "cell", "/cell", "cell/", "Cell/one", "cell/a b"}) {
        const auto refused = co_await cw::cells::create_as<Level>(name, {}, scratch);
        CW_EXPECT_EQUAL(refused.error(), Status::invalid_argument);
        CW_EXPECT_EQUAL((co_await cw::cells::open_as<Level>(name, {}, scratch)).error(),
                        Status::not_found);
    }
    constexpr std::string_view kLong =
        "cell/0123456789012345678901234567890123456789012345678901234567890123456789";
    CW_EXPECT_EQUAL((co_await cw::cells::create_as<Level>(kLong, {}, scratch)).error(),
                    Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await cw::cells::open_as<Level>(kLong, {}, scratch)).error(),
                    Status::not_found);
    CW_EXPECT_EQUAL((co_await cw::cells::create_as<Level>("valve/level", {}, scratch)).error(),
                    Status::already_exists);
    CW_EXPECT_EQUAL(
        (co_await cw::cells::create_as<Level>("cell/x", {.initial = 1, .min = 2}, scratch)).error(),
        Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await cw::cells::open_as<Tilt>("valve/level", {}, scratch)).error(),
                    Status::mismatch);
    CW_EXPECT_EQUAL((co_await cw::cells::create({scratch.ref(0, 16)})).error(),
                    Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await cw::cells::destroy({0, 1})).error(), Status::not_found);
    CW_EXPECT_EQUAL((co_await cw::cells::close({5000, 1})).error(), Status::not_found);
    CW_EXPECT_EQUAL(
        (co_await cw::cells::open({named("valve/level").name, 0, static_cast<Mode>(3), 0})).error(),
        Status::invalid_argument);
    // Somebody else's cell.
    CW_EXPECT_VALUE(own,
                    co_await cw::cells::create_as<bool>("cell/own", {.initial = true}, scratch));
    CW_EXPECT(own.load());
    CW_EXPECT((co_await cw::cells::destroy(own.which())).has_value());
    CW_EXPECT_EQUAL((co_await cw::cells::destroy(own.which())).error(), Status::not_found);
    CW_EXPECT_VALUE(lines, co_await cw::cells::list({0, scratch.out()}));
    const std::string_view text{scratch.text(), lines.bytes};
    CW_EXPECT(text.find("valve/tilt ") != text.npos);
    CW_EXPECT(text.find("-5 of -100..100, rejects ") != text.npos);
    CW_EXPECT(text.find("cell/own") == text.npos);
}
