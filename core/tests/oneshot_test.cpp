// One value, once: asked for, slept for, awaited; set before, after and meanwhile.
#include "fake_host.hpp"

#include <atomic>
#include <cw/core/oneshot.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <thread>

namespace cw::test {
namespace {

/// A coroutine that runs until it awaits something, and is gone when it ends.
struct Detached {
    struct promise_type {
        Detached get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

Detached await_into(OneShot<std::unique_ptr<int>>& shot, std::atomic<int>& result) {
    std::unique_ptr<int> value = co_await shot;
    result.store(*value, std::memory_order_release);
}

TEST(OneShot, a_value_that_is_there_suspends_nobody) {
    OneShot<std::unique_ptr<int>> shot;
    std::atomic<int> result{0};
    EXPECT_FALSE(shot.ready());
    EXPECT_FALSE(shot.set(std::make_unique<int>(7)));
    EXPECT_TRUE(shot.ready());
    await_into(shot, result);
    EXPECT_EQ(result, 7);
}

TEST(OneShot, who_awaits_it_is_told_to_the_other_side) {
    OneShot<std::unique_ptr<int>> shot;
    std::atomic<int> result{0};
    await_into(shot, result);
    EXPECT_EQ(result, 0);
    ASSERT_TRUE(shot.set(std::make_unique<int>(8)));
    EXPECT_EQ(result, 0) << "resuming is the caller's";
    shot.waiter().resume();
    EXPECT_EQ(result, 8);
}

TEST(OneShot, a_value_that_nobody_takes_is_destroyed) {
    const auto counted = std::make_shared<int>(1);
    {
        OneShot<std::shared_ptr<int>> shot;
        EXPECT_FALSE(shot.set(counted));
        EXPECT_EQ(counted.use_count(), 2);
    }
    EXPECT_EQ(counted.use_count(), 1);
    OneShot<std::shared_ptr<int>> never;
}

TEST(OneShot, a_thread_may_sleep_for_it) {
    OneShot<int> shot;
    EXPECT_TRUE(shot.prepare_wait());
    EXPECT_TRUE(shot.set(3));
    EXPECT_FALSE(static_cast<bool>(shot.waiter()));
    EXPECT_EQ(shot.value(), 3);
    OneShot<int> other;
    EXPECT_FALSE(other.set(4));
    EXPECT_FALSE(other.prepare_wait());
    EXPECT_EQ(other.value(), 4);
}

TEST(OneShotStress, no_value_and_no_waiter_is_missed) {
    const Watchdog watchdog{"the one-shot stress test"};
    constexpr std::size_t kShots = CW_TEST_CALLS / 50;
    const auto shots = std::make_unique<OneShot<std::unique_ptr<int>>[]>(kShots);
    const auto results = std::make_unique<std::atomic<int>[]>(kShots);
    std::thread setter{[&] {
        for (std::size_t i = 0; i < kShots; ++i) {
            if (shots[i].set(std::make_unique<int>(static_cast<int>(i + 1))))
                shots[i].waiter().resume();
        }
    }};
    for (std::size_t i = 0; i < kShots; ++i)
        await_into(shots[i], results[i]);
    setter.join();
    for (std::size_t i = 0; i < kShots; ++i)
        ASSERT_EQ(results[i].load(std::memory_order_acquire), static_cast<int>(i + 1));
}

} // namespace
} // namespace cw::test
