// The latch: whole values in order, whoever stops whom and where.
#include "processes.hpp"
#include "step_sync.hpp"

#include <atomic>
#include <cw/core/latch.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

namespace cw::test {
namespace {

/// 48 bytes that fit together or do not.
struct Sample {
    std::uint64_t words[6];

    explicit Sample(std::uint64_t value = 0) {
        for (std::uint64_t& word : words)
            word = value++ * 3;
    }
    [[nodiscard]] std::uint64_t value() const { return words[0] / 3; }
    [[nodiscard]] bool whole() const {
        const Sample right{value()};
        return __builtin_memcmp(this, &right, sizeof right) == 0;
    }
};

template <class Latch>
std::uint64_t value_of(const Latch& latch) {
    Sample sample;
    EXPECT_EQ(latch_read(latch, sample), Latched::value);
    EXPECT_TRUE(sample.whole());
    return sample.value();
}

TEST(Latch, gives_what_was_published_last) {
    LatchOf<Sample> latch;
    Sample sample;
    EXPECT_EQ(latch_read(latch, sample), Latched::empty);
    LatchWriter<Sample> writer{latch};
    for (std::uint64_t value = 1; value < 20; ++value) {
        writer.publish(Sample{value});
        EXPECT_EQ(value_of(latch), value);
    }
    LatchWriter<Sample> next{latch};
    next.publish(Sample{100});
    EXPECT_EQ(value_of(latch), 100u);
}

TEST(Latch, holds_values_that_are_no_whole_words) {
    struct [[gnu::packed]] Odd {
        std::uint8_t bytes[13];
    };
    LatchOf<Odd> latch;
    LatchWriter<Odd> writer{latch};
    Odd odd{};
    odd.bytes[12] = 7;
    writer.publish(odd);
    Odd read{};
    EXPECT_EQ(latch_read(latch, read), Latched::value);
    EXPECT_EQ(read.bytes[12], 7);
}

TEST(Latch, a_writer_stopped_at_any_step_leaves_the_last_value) {
    for (std::uint64_t before = 0; before < 6; ++before) {
        bool stopped = true;
        for (std::uint64_t step = 0; stopped; ++step) {
            LatchOf<Sample, StepSync> latch;
            LatchWriter<Sample, StepSync> writer{latch};
            for (std::uint64_t value = 1; value <= before; ++value)
                writer.publish(Sample{value});
            stopped = stopped_at(step, [&] { writer.publish(Sample{before + 1}); });
            Steps::nowhere();
            Sample sample;
            const Latched got = latch_read(latch, sample);
            EXPECT_LE(Steps::taken(), 2 + sizeof(Sample) / 8) << "one try";
            if (before == 0 && stopped) {
                EXPECT_EQ(got, Latched::empty);
            } else {
                ASSERT_EQ(got, Latched::value) << before << ", stopped at " << step;
                EXPECT_TRUE(sample.whole());
                EXPECT_EQ(sample.value(), stopped ? before : before + 1);
            }
            // Another writer goes on behind it, and back to the slot it was in.
            LatchWriter<Sample, StepSync> next{latch};
            for (std::uint64_t value = 10; value < 20; ++value) {
                next.publish(Sample{value});
                EXPECT_EQ(value_of(latch), value);
            }
        }
    }
}

TEST(Latch, writers_that_die_one_after_the_other_leave_the_last_value) {
    constexpr int kDeaths = 9; // twice round the slots
    for (std::uint64_t step = 0;; ++step) {
        LatchOf<Sample, StepSync> latch;
        LatchWriter<Sample, StepSync>{latch}.publish(Sample{1});
        for (int death = 0; death < kDeaths; ++death) {
            LatchWriter<Sample, StepSync> writer{latch};
            if (!stopped_at(step, [&] { writer.publish(Sample{2}); }))
                return; // there are no more steps
            EXPECT_EQ(value_of(latch), 1u) << "stopped at " << step;
        }
    }
}

TEST(Latch, that_was_emptied_goes_on_with_stamps_that_nobody_has_seen) {
    LatchOf<Sample> latch;
    std::uint64_t last = 0;
    for (int epoch = 0; epoch < 5; ++epoch) {
        LatchWriter<Sample> writer{latch};
        for (int n = 0; n < 3; ++n) {
            writer.publish(Sample{last});
            const std::uint64_t stamp = latch.current.load(Order::relaxed);
            EXPECT_GT(stamp, last);
            last = stamp;
        }
        latch.current.store(kLatchEmpty, Order::relaxed);
        Sample sample;
        EXPECT_EQ(latch_read(latch, sample), Latched::empty);
        EXPECT_FALSE((LatchCopy<Sample, NativeSync>{latch}.whole()));
    }
}

TEST(Latch, a_reader_that_is_overtaken_at_any_step_gets_another_value_whole) {
    for (std::uint64_t publishes = 1; publishes < 9; ++publishes) {
        bool interrupted = true;
        for (std::uint64_t step = 0; interrupted; ++step) {
            LatchOf<Sample, StepSync> latch;
            LatchWriter<Sample, StepSync> writer{latch};
            writer.publish(Sample{1});
            interrupted = false;
            Steps::at(step, [&] {
                interrupted = true;
                for (std::uint64_t n = 0; n < publishes; ++n)
                    writer.publish(Sample{2 + n});
            });
            const std::uint64_t value = value_of(latch);
            Steps::nowhere();
            EXPECT_TRUE(value == 1 || value == publishes + 1) << value;
        }
    }
}

TEST(Latch, a_reader_that_is_overtaken_in_each_try_gives_up) {
    LatchOf<Sample, StepSync> latch;
    LatchWriter<Sample, StepSync> writer{latch};
    writer.publish(Sample{1});
    std::function<void()> overtake = [&] {
        Steps::nowhere();
        for (std::uint64_t n = 0; n < 4; ++n)
            writer.publish(Sample{2 + n});
    };
    // Every access of the reader is overtaken: a step hook that sets itself again.
    std::function<void()> each = [&] {
        overtake();
        Steps::again(each);
    };
    Steps::at(1, each);
    Sample sample;
    EXPECT_EQ(latch_read(latch, sample), Latched::busy);
    Steps::nowhere();
}

TEST(Latch, interrupts_at_any_two_steps_may_publish) {
    std::uint64_t of_outer = 0, of_inner = 0;
    bool outer_interrupted = true;
    for (std::uint64_t outer = 0; outer_interrupted; ++outer) {
        bool inner_interrupted = true;
        for (std::uint64_t inner = 0; inner_interrupted; ++inner) {
            LatchOf<Sample, StepSync> latch;
            LatchWriter<Sample, StepSync> writer{latch};
            ASSERT_TRUE(writer.publish_nested(Sample{1}));
            outer_interrupted = inner_interrupted = false;
            Steps::at(outer, [&] {
                outer_interrupted = true;
                EXPECT_LE(value_of(latch), 2u) << "what was there, or the outer one's already";
                Steps::at(inner, [&] {
                    inner_interrupted = true;
                    ASSERT_TRUE(writer.publish_nested(Sample{4}));
                    EXPECT_EQ(value_of(latch), 4u);
                });
                ASSERT_TRUE(writer.publish_nested(Sample{3}));
                Steps::nowhere();
                const std::uint64_t value = value_of(latch);
                EXPECT_TRUE(value == 3 || (inner_interrupted && value == 4)) << value;
            });
            ASSERT_TRUE(writer.publish_nested(Sample{2}));
            Steps::nowhere();
            const std::uint64_t value = value_of(latch);
            if (!outer_interrupted)
                EXPECT_EQ(value, 2u);
            else
                EXPECT_TRUE(value == 2 || value == 3 || (inner_interrupted && value == 4));
            ++(value == 2 ? of_outer : of_inner);
            // Nothing is left busy.
            for (std::uint64_t n = 5; n < 15; ++n) {
                ASSERT_TRUE(writer.publish_nested(Sample{n}));
                EXPECT_EQ(value_of(latch), n);
            }
        }
    }
    EXPECT_GT(of_outer, 0u);
    EXPECT_GT(of_inner, of_outer) << "who was overtaken published after all";
}

TEST(Latch, a_fourth_context_is_refused) {
    LatchOf<Sample, StepSync> latch;
    LatchWriter<Sample, StepSync> writer{latch};
    constexpr std::uint64_t kInTheMiddle = 5; // of filling its slot
    bool refused = false;
    Steps::at(kInTheMiddle, [&] {
        Steps::at(kInTheMiddle, [&] {
            Steps::at(kInTheMiddle, [&] { refused = !writer.publish_nested(Sample{4}); });
            EXPECT_TRUE(writer.publish_nested(Sample{3}));
        });
        EXPECT_TRUE(writer.publish_nested(Sample{2}));
    });
    EXPECT_TRUE(writer.publish_nested(Sample{1}));
    EXPECT_TRUE(refused);
    EXPECT_EQ(value_of(latch), 3u);
}

TEST(LatchStress, readers_see_whole_values_in_order) {
    const auto latch = std::make_unique<LatchOf<Sample>>();
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    std::atomic<std::uint64_t> torn{0}, back{0}, read{0};
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            std::uint64_t last = 0;
            while (!done.load(std::memory_order_relaxed)) {
                Sample sample;
                if (latch_read(*latch, sample) != Latched::value)
                    continue;
                torn += sample.whole() ? 0 : 1;
                back += sample.value() < last ? 1 : 0;
                last = sample.value();
                ++read;
            }
        });
    }
    LatchWriter<Sample> writer{*latch};
    for (std::uint64_t value = 1; value <= CW_TEST_MESSAGES / 4 || read == 0; ++value)
        writer.publish(Sample{value});
    done = true;
    for (std::thread& reader : readers)
        reader.join();
    EXPECT_EQ(torn, 0u);
    EXPECT_EQ(back, 0u);
}

TEST(LatchStress, a_writer_that_is_killed_leaves_a_value) {
    SharedMemory<SharedLatch<Sample>> memory;
    memory->initialise();
    ASSERT_TRUE(memory->valid());
    std::uint64_t last = 1;
    LatchWriter<Sample>{memory->latch}.publish(Sample{last});
    for (int kills = 0; kills < 100; ++kills) {
        KilledChild child{[&](std::atomic<std::uint64_t>& progress) {
            LatchWriter<Sample> writer{memory->latch};
            for (std::uint64_t value = last + 1;; ++value) {
                writer.publish(Sample{value});
                progress.store(value, std::memory_order_relaxed);
            }
        }};
        Sample sample;
        EXPECT_EQ(memory->read(sample), Latched::value);
        EXPECT_TRUE(sample.whole());
        EXPECT_GE(sample.value(), last);
        EXPECT_GE(sample.value(), child.progress());
        last = sample.value();
    }
}

} // namespace
} // namespace cw::test
