#include "sessions.hpp"
#include <gtest/gtest.h>

namespace {

struct Number {
    int value = 0;
};
constexpr std::uint64_t kIdle = 1000;

TEST(Sessions, keeps_the_state_of_each_handle_apart) {
    digest::Sessions<Number, 4> sessions;
    const auto one = sessions.open(1, kIdle);
    const auto two = sessions.open(1, kIdle);
    ASSERT_TRUE(one && two);
    EXPECT_NE(*one, *two);
    sessions.find(*one, 2)->value = 11;
    sessions.find(*two, 2)->value = 22;
    EXPECT_EQ(sessions.find(*one, 3)->value, 11);
    EXPECT_EQ(sessions.find(*two, 3)->value, 22);
}

TEST(Sessions, finds_nothing_by_an_old_or_invented_handle) {
    digest::Sessions<Number, 4> sessions;
    const std::uint64_t handle = *sessions.open(1, kIdle);
    for (std::uint64_t other = 0; other < 64; ++other)
        EXPECT_EQ(sessions.find(other, 1) != nullptr, other == handle) << other;
    EXPECT_EQ(sessions.find(~std::uint64_t{0}, 1), nullptr);
    sessions.close(handle);
    EXPECT_EQ(sessions.find(handle, 1), nullptr);
    const std::uint64_t next = *sessions.open(1, kIdle); // takes the same place
    EXPECT_EQ(sessions.find(handle, 1), nullptr);
    EXPECT_EQ(sessions.find(next, 1)->value, 0);
}

TEST(Sessions, refuses_when_all_are_in_use) {
    digest::Sessions<Number, 2> sessions;
    ASSERT_TRUE(sessions.open(1, kIdle));
    const std::uint64_t second = *sessions.open(1, kIdle);
    EXPECT_EQ(sessions.open(500, kIdle).error(), cw::Status::no_resource);
    sessions.close(second);
    EXPECT_TRUE(sessions.open(500, kIdle));
}

TEST(Sessions, takes_the_longest_idle_one_when_all_are_in_use) {
    digest::Sessions<Number, 2> sessions;
    const std::uint64_t used = *sessions.open(0, kIdle);
    const std::uint64_t forgotten = *sessions.open(10, kIdle);
    EXPECT_NE(sessions.find(used, 900), nullptr);
    EXPECT_EQ(sessions.open(1009, kIdle).error(), cw::Status::no_resource);
    const auto taken = sessions.open(1010, kIdle);
    ASSERT_TRUE(taken);
    EXPECT_EQ(sessions.find(forgotten, 1010), nullptr);
    EXPECT_NE(sessions.find(used, 1010), nullptr);
    EXPECT_NE(sessions.find(*taken, 1010), nullptr);
}

} // namespace
