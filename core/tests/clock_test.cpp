// The clock as two processors read it: none sees a time before one that the other has told it.
#include <atomic>
#include <cw/core/arch/counter.hpp>
#include <cw/core/variables/clock.hpp>
#include <gtest/gtest.h>
#include <thread>

namespace cw {
namespace {

// Of all readings; each thread makes half of them.
constexpr std::uint64_t kReadings = std::uint64_t{10} * CW_TEST_MESSAGES;

TEST(Clock, never_goes_back_between_processors) {
    const clock::Scale scale{arch::counter(),
                             (std::uint64_t{1} << 32) / 3,
                             1'000'000'000,
                             0,
                             0,
                             0,
                             arch::kCounterAlgorithm};
    std::atomic<std::uint64_t> told{0}; // a reading of either
    std::atomic<std::uint64_t> went_back{0};
    const auto read = [&] {
        std::uint64_t last = 0;
        for (std::uint64_t i = 0; i < kReadings / 2; ++i) {
            const std::uint64_t before = told.load(std::memory_order_acquire);
            const std::uint64_t now =
                scale.boot_ns + clock::nanoseconds_since(scale, arch::counter());
            if (now < before || now < last)
                went_back.fetch_add(1, std::memory_order_relaxed);
            last = now;
            told.store(now, std::memory_order_release);
        }
    };
    std::thread other{read};
    read();
    other.join();
    EXPECT_EQ(went_back.load(), 0u);
}

TEST(Clock, a_counter_that_is_not_known_is_not_read) {
    clock::Scale scale{1'000, std::uint64_t{1} << 32, 50, 0, 0, 0, arch::kCounterAlgorithm};
    std::uint64_t time = 50;
    EXPECT_EQ(clock::add_passed(scale, 1'100, time), Status::ok);
    EXPECT_EQ(time, 150u);
    EXPECT_EQ(clock::add_passed(scale, 900, time), Status::ok)
        << "a little behind, on another hart";
    EXPECT_EQ(time, 150u);
    scale.algorithm = 0xffff;
    EXPECT_FALSE(clock::is_readable(scale));
    scale.counter = clock::kNoCounter; // as it is published then
    for (const std::uint64_t counter : {std::uint64_t{0}, arch::counter(), ~std::uint64_t{1}}) {
        EXPECT_EQ(clock::add_passed(scale, counter, time), Status::unsupported);
        EXPECT_EQ(time, 150u);
    }
}

} // namespace
} // namespace cw
