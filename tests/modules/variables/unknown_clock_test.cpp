// With "clock=unknown" among the boot arguments: the time is read from a counter that no module
// knows, so the services are asked.
#include <cw/sdk/clock.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(unknown_clock_test, {.version = {1, 0}});
CW_READ(cw::clock::scale);
CW_REQUIRE(cw::clock::now);
CW_REQUIRE(cw::clock::wall);

CW_TEST(a_scale_of_another_counter_is_not_used) {
    CW_EXPECT_VALUE(scale, cw::clock::scale.read());
    CW_EXPECT_EQUAL(scale.algorithm, 0xffff);
    CW_EXPECT_EQUAL(scale.counter, cw::clock::kNoCounter);
    CW_EXPECT(!cw::clock::is_readable(scale));
    CW_EXPECT_EQUAL(cw::clock::monotonic_ns().error(), cw::Status::unsupported);
    CW_EXPECT_EQUAL(cw::clock::wall_clock_ns().error(), cw::Status::unsupported);
    cw::clock::TimeValue time{};
    cw::clock::TimeZone zone{1, 1};
    CW_EXPECT_EQUAL(cw::clock::time_of_day(&time, &zone), cw::Status::unsupported);
    CW_EXPECT_EQUAL(cw::clock::time_of_day(nullptr, &zone), cw::Status::ok); // as it is
    CW_EXPECT_EQUAL(zone.west_minutes, 0);
}

CW_TEST(the_service_is_asked_instead) {
    CW_EXPECT_VALUE(before, co_await cw::clock::now());
    for (int i = 0; i < 100; ++i) {
        CW_EXPECT_VALUE(fallback, co_await cw::clock::since_boot());
        CW_EXPECT_VALUE(after, co_await cw::clock::now());
        CW_EXPECT(fallback.nanoseconds >= before.nanoseconds);
        CW_EXPECT(fallback.nanoseconds <= after.nanoseconds);
        CW_EXPECT(fallback.nanoseconds > 0);
        before = after;
    }
}

CW_TEST(and_so_for_the_clock_on_the_wall) {
    CW_EXPECT_VALUE(before, co_await cw::clock::wall());
    for (int i = 0; i < 100; ++i) {
        CW_EXPECT_VALUE(fallback, co_await cw::clock::since_1970());
        CW_EXPECT_VALUE(after, co_await cw::clock::wall());
        CW_EXPECT(fallback.nanoseconds >= before.nanoseconds);
        CW_EXPECT(fallback.nanoseconds <= after.nanoseconds);
        before = after;
    }
    CW_EXPECT(before.nanoseconds > 1'600'000'000'000'000'000); // it goes on from what is right
}
