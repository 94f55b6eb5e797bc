#include <atomic>
#include <cw/core/counter.hpp>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace {

struct Counts {
    cw::Counter calls;
    cw::Counter bytes;
};

TEST(Counter, counts) {
    cw::Counter counter;
    EXPECT_EQ(counter.load(), 0u);
    counter.add();
    counter.add(41);
    EXPECT_EQ(counter.load(), 42u);
}

TEST(Counter, lanes_are_on_cache_lines_of_their_own) {
    cw::CounterLanes<Counts, 3> counts;
    const auto at = [&](std::size_t lane) {
        return reinterpret_cast<std::uintptr_t>(&counts.lane(lane));
    };
    EXPECT_EQ(at(0) % 64, 0u);
    EXPECT_EQ(at(1) - at(0), 64u);
    EXPECT_EQ(at(2) - at(1), 64u);
}

TEST(Counter, a_sum_is_of_one_word_of_all_lanes) {
    cw::CounterLanes<Counts, 3> counts;
    for (std::size_t lane = 0; lane < 3; ++lane) {
        counts.lane(lane).calls.add(lane + 1);
        counts.lane(lane).bytes.add(100);
    }
    EXPECT_EQ(counts.sum(&Counts::calls), 6u);
    EXPECT_EQ(counts.sum(&Counts::bytes), 300u);
}

// The upper half of a word changes with the first count already: a torn one would be seen.
TEST(Counter, two_threads_count_while_a_reader_sums) {
    constexpr std::uint64_t kEach = 5'000'000;
    constexpr std::uint64_t kFirst = 0xffff'fff0;
    static cw::CounterLanes<Counts, 2> counts;
    std::atomic<int> ready{0}, running{2};
    const auto count = [&](std::size_t lane) {
        Counts& own = counts.lane(lane);
        ready.fetch_add(1, std::memory_order_relaxed);
        while (ready.load(std::memory_order_relaxed) < 3) // all at once
            std::this_thread::yield();
        own.calls.add(kFirst);
        for (std::uint64_t i = 0; i < kEach; ++i) {
            own.calls.add();
            own.bytes.add(3);
        }
        running.fetch_sub(1, std::memory_order_release);
    };
    std::vector<std::thread> writers;
    for (std::size_t lane = 0; lane < 2; ++lane)
        writers.emplace_back(count, lane);
    while (ready.load(std::memory_order_relaxed) < 2)
        std::this_thread::yield();
    ready.fetch_add(1, std::memory_order_relaxed);
    std::uint64_t before = 0, went_back = 0, too_much = 0, sums = 0;
    bool over = false;
    while (!over) {
        over = running.load(std::memory_order_acquire) == 0; // what they counted is seen then
        const std::uint64_t now = counts.sum(&Counts::calls);
        went_back += now < before ? 1 : 0;
        too_much += now > 2 * (kFirst + kEach) ? 1 : 0;
        before = now;
        ++sums;
    }
    EXPECT_EQ(before, 2 * (kFirst + kEach)); // without a look after the threads have been joined
    for (std::thread& writer : writers)
        writer.join();
    EXPECT_EQ(counts.sum(&Counts::bytes), 2 * 3 * kEach);
    EXPECT_EQ(went_back, 0u);
    EXPECT_EQ(too_much, 0u);
    EXPECT_GE(sums, 1u);
}

} // namespace
