// Tests of shared variables, from one source in every placement of publisher and reader.
#include "gauge.hpp"
#include <cstring>
#include <cw/core/service/system.hpp>
#include <cw/core/variables/clock.hpp>
#include <cw/core/variables/snapshot.hpp>
#include <cw/sdk/clock.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/variables.hpp>
#include <cw/sdk/wait.hpp>

namespace readers {

/// A record that cannot be made of a report.
struct Glimpse {
    std::uint64_t square;
    std::uint32_t number;
    std::uint32_t unused;
};
/// What an older or newer reader knows of the report: fewer fields, one of them narrower.
struct Narrow {
    std::uint32_t number;
    std::uint32_t square;
};
CW_VARIABLE_NAMED(narrow, "gauge/report", Narrow);
CW_VARIABLE_NAMED(nobodys, "gauge/nobodys", std::uint64_t);

} // namespace readers

CW_MODULE(variables_test, {.version = {1, 0}});
CW_REQUIRE(gauge::set);
CW_REQUIRE(gauge::flood);
CW_REQUIRE(gauge::set_later);
CW_REQUIRE(cw::variables::wait);
CW_REQUIRE(gauge::follow);
CW_REQUIRE(gauge::renew);
CW_REQUIRE(cw::clock::now);
CW_REQUIRE(cw::clock::set);
CW_REQUIRE(cw::variables::show);
CW_REQUIRE(cw::variables::turn);
CW_READ(gauge::report);
CW_READ(gauge::level);
CW_READ(gauge::follower);
CW_READ(gauge::silent);
CW_READ(gauge::leased);
CW_READ(readers::narrow);
CW_READ(readers::nobodys);
CW_READ(cw::clock::scale);

CW_TEST(what_was_published_is_read_at_once) {
    for (const std::uint64_t number : {std::uint64_t{7}, std::uint64_t{0}, ~std::uint64_t{0}}) {
        CW_EXPECT((co_await gauge::set({number})).has_value());
        CW_EXPECT_VALUE(report, gauge::report.read());
        const gauge::Report expected = gauge::report_of(number);
        CW_EXPECT(std::memcmp(&report, &expected, sizeof(report)) == 0);
        CW_EXPECT_VALUE(level, gauge::level.read());
        CW_EXPECT_EQUAL(level, static_cast<std::uint32_t>(number));
    }
}

CW_TEST(a_value_is_never_of_two_moments_and_never_goes_back) {
    constexpr std::uint64_t kLast = 200'000;
    CW_EXPECT((co_await gauge::set({0})).has_value());
    auto flood = gauge::flood({kLast});
    std::uint64_t before = 0;
    std::uint64_t reads = 0;
    while (before < kLast && reads < 5'000'000) {
        gauge::Report report;
        const cw::Status status = gauge::report.read(report);
        ++reads;
        if (status == cw::Status::busy)
            continue;
        CW_EXPECT_EQUAL(static_cast<std::uint32_t>(status), 0u);
        const gauge::Report expected = gauge::report_of(report.number);
        CW_EXPECT(std::memcmp(&report, &expected, sizeof(report)) == 0);
        CW_EXPECT(report.number >= before);
        before = report.number;
        if (before == 0) { // it may be for us to let it begin
            CW_EXPECT((co_await flood).has_value());
        }
    }
    CW_EXPECT_VALUE(last, gauge::report.read());
    CW_EXPECT(last.number <= kLast);
}

CW_TEST(a_snapshot_is_of_one_moment) {
    constexpr std::uint64_t kLast = 100'000;
    CW_EXPECT((co_await gauge::follow({0})).has_value());
    auto follow = gauge::follow({kLast});
    std::uint64_t before = 0;
    for (int reads = 0; before < kLast && reads < 2'000'000; ++reads) {
        const auto both = cw::snapshot(gauge::follower, gauge::report);
        if (!both) {
            CW_EXPECT_EQUAL(both.error(), cw::Status::busy);
            continue;
        }
        const auto& [behind, report] = *both;
        CW_EXPECT(report.number == behind.number || report.number == behind.number + 1);
        CW_EXPECT(behind.number >= before);
        before = behind.number;
        if (before == 0) { // it may be for us to let it begin
            CW_EXPECT((co_await follow).has_value());
        }
    }
    CW_EXPECT_EQUAL(cw::snapshot(gauge::report, gauge::silent).error(), cw::Status::not_ready);
}

CW_TEST(who_waits_is_told_of_a_change) {
    namespace variables = cw::variables;
    CW_EXPECT((co_await gauge::set({1})).has_value());
    const variables::Entry& entry = gauge::report.entry();
    variables::Seen seen = variables::seen(entry);
    // What has changed already needs no waiting.
    CW_EXPECT((co_await gauge::set({2})).has_value());
    CW_EXPECT_VALUE(second, co_await variables::changed(entry, seen));
    CW_EXPECT(second.value != seen.value);
    // By its publisher, which tells; and two wait for the same.
    auto later = gauge::set_later({3});
    auto other = variables::wait({entry.index, second});
    CW_EXPECT_VALUE(third, co_await variables::changed(entry, second));
    CW_EXPECT((co_await other).has_value());
    CW_EXPECT((co_await later).has_value());
    CW_EXPECT_VALUE(report, gauge::report.read());
    CW_EXPECT_EQUAL(report.number, 3u);
    CW_EXPECT_EQUAL(entry.watchers.load(cw::Order::relaxed), 0u);
    // A publisher that does not tell is noticed all the same.
    auto quiet = variables::wait({entry.index, third});
    CW_EXPECT((co_await gauge::set({4})).has_value());
    CW_EXPECT((co_await quiet).has_value());
    CW_EXPECT_EQUAL((co_await variables::wait({1'000'000, third})).error(),
                    cw::Status::out_of_range);
}

CW_TEST(what_was_never_published_is_said_to_be_so) {
    CW_EXPECT_EQUAL(gauge::silent.read().error(), cw::Status::not_ready);
    CW_EXPECT_EQUAL(readers::nobodys.read().error(), cw::Status::not_found);
}

CW_TEST(a_reader_of_another_version_reads_by_field) {
    CW_EXPECT((co_await gauge::set({1'000})).has_value());
    CW_EXPECT_VALUE(value, readers::narrow.read());
    CW_EXPECT_EQUAL(value.number, 1'000u);
    CW_EXPECT_EQUAL(value.square, 1'000'000u);
    // What does not fit is refused, not cut off.
    CW_EXPECT((co_await gauge::set({100'000})).has_value());
    CW_EXPECT_EQUAL(readers::narrow.read().error(), cw::Status::out_of_range);
}

CW_TEST(a_name_is_bound_at_run_time) {
    CW_EXPECT((co_await gauge::set({5})).has_value());
    CW_EXPECT_VALUE(bound, co_await cw::variables::bind<gauge::Report>("gauge/report"));
    CW_EXPECT_VALUE(report, bound.read());
    CW_EXPECT_EQUAL(report.twice, 10u);
    CW_EXPECT_EQUAL((co_await cw::variables::bind<gauge::Report>("gauge/none")).error(),
                    cw::Status::not_found);
    CW_EXPECT_EQUAL((co_await cw::variables::bind<readers::Glimpse>("gauge/report")).error(),
                    cw::Status::mismatch);
    CW_EXPECT_EQUAL((co_await cw::variables::show({1'000'000})).error(), cw::Status::out_of_range);
}

CW_TEST(the_clock_agrees_with_its_service) {
    constexpr std::uint64_t kRounding = 1'000; // ns: each side rounds its counter for itself
    std::uint64_t before = 0;
    for (int i = 0; i < 100; ++i) {
        CW_EXPECT_VALUE(first, co_await cw::clock::now());
        CW_EXPECT_VALUE(read, cw::clock::monotonic_ns());
        CW_EXPECT_VALUE(second, co_await cw::clock::now());
        CW_EXPECT(read + kRounding >= first.nanoseconds);
        CW_EXPECT(read <= second.nanoseconds + kRounding);
        CW_EXPECT(read >= before);
        before = read;
    }
}

CW_TEST(time_and_zone_are_read_together) {
    constexpr std::uint64_t kThen = 1'000'000'000'000'000'000; // 2001
    const auto set = co_await cw::clock::set({kThen, -60, 1});
    if (!set) { // only some domains may
        CW_EXPECT_EQUAL(set.error(), cw::Status::not_permitted);
        co_return;
    }
    cw::clock::TimeValue time{};
    cw::clock::TimeZone zone{};
    CW_EXPECT_EQUAL(cw::clock::time_of_day(&time, &zone), cw::Status::ok);
    CW_EXPECT(time.seconds >= 1'000'000'000);
    CW_EXPECT_EQUAL(zone.west_minutes, -60);
    CW_EXPECT_EQUAL(zone.dst, 1);
    CW_EXPECT_EQUAL(cw::clock::time_of_day(nullptr, nullptr), cw::Status::ok);
    CW_EXPECT_EQUAL(cw::clock::time_of_day(&time, nullptr), cw::Status::ok);
    CW_EXPECT_EQUAL(cw::clock::time_of_day(nullptr, &zone), cw::Status::ok);
}

CW_TEST(time_and_zone_are_of_one_moment) {
    constexpr std::int32_t kFlips = 500;
    constexpr int kReads = 200;
    const auto first = co_await cw::clock::set({0, -1, 1});
    if (!first) {
        CW_EXPECT_EQUAL(first.error(), cw::Status::not_permitted);
        co_return;
    }
    for (std::int32_t flip = 2; flip < kFlips; ++flip) {
        auto setting = cw::clock::set({0, -flip, flip});
        for (int i = 0; i < kReads; ++i) {
            cw::clock::TimeZone zone{};
            CW_EXPECT_EQUAL(cw::clock::time_of_day(nullptr, &zone), cw::Status::ok);
            CW_EXPECT_EQUAL(zone.west_minutes, -zone.dst);
            CW_EXPECT(zone.dst == flip || zone.dst == flip - 1);
        }
        CW_EXPECT((co_await setting).has_value());
    }
}

CW_TEST(who_is_refused_calls_the_service_and_time_goes_on) {
    constexpr std::uint64_t kRounding = 1'000; // ns
    const std::uint64_t scale = cw::clock::scale.entry().index;
    const auto first = co_await cw::variables::turn({scale, 0});
    if (!first) {
        CW_EXPECT_EQUAL(first.error(), cw::Status::not_permitted);
        co_return;
    }
    CW_EXPECT_EQUAL(cw::clock::monotonic_ns().error(), cw::Status::refused);
    std::uint64_t before = 0;
    for (std::uint64_t on = 1; on < 100; ++on) {
        auto turned = cw::variables::turn({scale, on % 2});
        for (int i = 0; i < 10; ++i) {
            CW_EXPECT_VALUE(now, co_await cw::clock::since_boot());
            CW_EXPECT(now.nanoseconds + kRounding >= before);
            before = now.nanoseconds;
        }
        CW_EXPECT((co_await turned).has_value());
        CW_EXPECT_EQUAL(cw::clock::monotonic_ns().has_value(), on % 2 == 1);
    }
    CW_EXPECT_EQUAL((co_await cw::variables::turn({1'000'000, 1})).error(),
                    cw::Status::out_of_range);
}

CW_TEST(a_lease_that_is_not_renewed_runs_out) {
    CW_EXPECT((co_await gauge::renew({1})).has_value());
    for (int i = 0; i < 500 && gauge::leased.read().error() != cw::Status::timed_out; ++i)
        static_cast<void>(co_await cw::sleep_ns(10'000'000));
    CW_EXPECT_EQUAL(gauge::leased.read().error(), cw::Status::timed_out);
    // Renewed again and again, on however slow a machine, it is live at some time.
    auto renewed = gauge::leased.read();
    for (int i = 0; i < 500 && !renewed; ++i) {
        CW_EXPECT((co_await gauge::renew({2})).has_value());
        static_cast<void>(co_await cw::sleep_ns(5'000'000));
        renewed = gauge::leased.read();
    }
    CW_EXPECT(renewed.has_value());
    CW_EXPECT_EQUAL(renewed->number, 2u);
}
