// The clock that follows Linux's, over a machine whose counter and clocks are made up.
#include <gtest/gtest.h>
#include <initializer_list>
#include <steered_clock.hpp>

namespace cw::hosted {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kFrequency = 2'450'000'000;

/// A counter of kFrequency a second, as it says, and Linux's clocks, which know better.
struct Machine {
    ClockReading now{.counter = 77 * kFrequency,
                     .boot_ns = 5'000 * kSecond,
                     .wall_ns = 1'800'000'000 * kSecond,
                     .within_ns = 60};
    /// Of 10^9: so much faster does Linux have its clocks run than its counter says.
    std::int64_t faster = 0;

    void pass(std::uint64_t ns) {
        const auto counts = static_cast<unsigned __int128>(ns) * kFrequency / kSecond;
        now.counter += static_cast<std::uint64_t>(counts);
        const auto more = static_cast<__int128>(ns) * faster / static_cast<std::int64_t>(kSecond);
        now.boot_ns += ns + static_cast<std::uint64_t>(more);
        now.wall_ns += ns + static_cast<std::uint64_t>(more);
    }
};

/// A clock over it, begun with a reading that was wrong by so much after 20 ms.
struct Followed {
    Machine machine;
    std::uint64_t begin_ns = machine.now.boot_ns;
    SteeredClock clock;
    std::uint64_t last = 0;

    explicit Followed(std::int64_t wrong_ns = 0, std::int64_t faster = 0) {
        const ClockReading first = machine.now;
        machine.faster = faster;
        machine.pass(kSecond / 50);
        ClockReading second = machine.now;
        second.boot_ns += static_cast<std::uint64_t>(wrong_ns);
        second.wall_ns += static_cast<std::uint64_t>(wrong_ns);
        clock = {first, second};
    }
    /// A second passes, and the clock is looked at all the while: it goes, and never back.
    void second() {
        for (int i = 0; i < 10; ++i) {
            machine.pass(kSecond / 10);
            const std::uint64_t now = clock.at(machine.now.counter);
            EXPECT_GT(now, last);
            last = now;
        }
        EXPECT_TRUE(clock.is_due(machine.now.counter));
        clock.follow(machine.now);
        EXPECT_GE(clock.at(machine.now.counter), last);
    }
    [[nodiscard]] std::int64_t wrong() const {
        return static_cast<std::int64_t>(clock.at(machine.now.counter) -
                                         (machine.now.boot_ns - begin_ns));
    }
    [[nodiscard]] std::int64_t wall_wrong() const {
        return static_cast<std::int64_t>(clock.wall(clock.at(machine.now.counter)) -
                                         machine.now.wall_ns);
    }
};

TEST(SteeredClock, a_first_pace_that_is_wrong_is_made_up_for) {
    for (const std::int64_t wrong : {-100, 100}) { // 5 of 10^6
        Followed all{wrong};
        all.second();
        EXPECT_GT(std::abs(all.wrong()), 4'000);
        for (int i = 0; i < 3; ++i)
            all.second();
        EXPECT_LT(std::abs(all.wrong()), 10);
        EXPECT_LT(std::abs(all.wall_wrong()), 200); // the first reading's error stays
    }
}

TEST(SteeredClock, what_is_steered_for_a_day_is_followed) {
    Followed all;
    for (int hour = 0; hour < 24; ++hour) {
        all.machine.faster = hour % 2 == 0 ? 40'000 : -30'000;
        for (int i = 0; i < 3'600; ++i)
            all.second();
        EXPECT_LT(std::abs(all.wrong()), 200) << hour;
        EXPECT_LT(std::abs(all.wall_wrong()), 200) << hour;
    }
}

TEST(SteeredClock, ahead_it_is_slow_rather_than_back) {
    Followed all;
    all.machine.faster = -40'000;
    all.machine.pass(20 * kSecond); // and nobody looks
    all.last = all.clock.at(all.machine.now.counter);
    EXPECT_TRUE(all.clock.is_due(all.machine.now.counter));
    all.clock.follow(all.machine.now);
    EXPECT_NEAR(static_cast<double>(all.wrong()), 800'000, 1'000);
    all.second();
    EXPECT_NEAR(static_cast<double>(all.wrong()), 300'000, 10'000); // 500 of 10^6
    for (int i = 0; i < 4; ++i)
        all.second();
    EXPECT_LT(std::abs(all.wrong()), 10);
}

TEST(SteeredClock, far_behind_it_leaps) {
    Followed all;
    all.machine.now.boot_ns += 3'600 * kSecond;
    all.second();
    EXPECT_EQ(all.wrong(), 0);
    all.second();
    EXPECT_LT(std::abs(all.wrong()), 10);
}

TEST(SteeredClock, a_machine_that_slept_is_followed) {
    Followed all;
    all.second();
    all.machine.now.counter = 1'000; // begins anew
    all.machine.now.boot_ns += 600 * kSecond;
    all.machine.now.wall_ns += 600 * kSecond;
    EXPECT_TRUE(all.clock.is_due(all.machine.now.counter));
    all.clock.follow(all.machine.now);
    EXPECT_EQ(all.wrong(), 0);
    for (int i = 0; i < 3; ++i)
        all.second();
    all.machine.now.boot_ns += 600 * kSecond; // the counter stood still
    all.machine.now.wall_ns += 600 * kSecond;
    for (int i = 0; i < 3; ++i)
        all.second();
    EXPECT_LT(std::abs(all.wrong()), 10);
    EXPECT_LT(std::abs(all.wall_wrong()), 10);
}

TEST(SteeredClock, the_wall_is_set_both_ways) {
    Followed all;
    all.second();
    for (const std::int64_t moved :
         {std::int64_t{3'600} * 1'000'000'000, std::int64_t{-90'000'000}}) {
        all.machine.now.wall_ns += static_cast<std::uint64_t>(moved);
        all.second();
        EXPECT_LT(std::abs(all.wall_wrong()), 10);
        EXPECT_LT(std::abs(all.wrong()), 10); // the other one does not care
    }
}

TEST(SteeredClock, less_than_the_reading_is_long_does_not_move_the_wall) {
    Followed all;
    all.second();
    const std::uint64_t offset = all.clock.wall(0);
    all.machine.now.wall_ns += 59;
    all.second();
    EXPECT_EQ(all.clock.wall(0), offset);
}

TEST(SteeredClock, is_looked_after_ten_times_a_second_at_most) {
    Followed all;
    all.second();
    all.machine.pass(kSecond / 20);
    EXPECT_FALSE(all.clock.is_due(all.machine.now.counter));
    all.machine.pass(kSecond / 20 + 1'000);
    EXPECT_TRUE(all.clock.is_due(all.machine.now.counter));
}

} // namespace

} // namespace cw::hosted
