// Lanes: order, turns, sleep and wake, the end of a lane, and what a hostile producer may write.
#include <cw/core/lanes.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <vector>

namespace cw {
namespace {

struct Message {
    std::uint64_t words[8];
};
static_assert(sizeof(Message) == 64);

constexpr std::uint32_t kLanes = 4, kCapacity = 8;
using Memory = Lanes<Message, kLanes, kCapacity>;

struct LanesTest : testing::Test {
    std::unique_ptr<Memory> memory = [] {
        auto made = std::make_unique<Memory>();
        made->initialise();
        return made;
    }();
    LanesConsumer<Message, kLanes> consumer = memory->make_consumer();
    std::vector<LaneProducer<Message>> producers;

    LanesTest() {
        for (std::uint32_t lane = 0; lane < kLanes; ++lane)
            producers.push_back(memory->make_producer(lane));
    }
    void put(std::uint32_t lane, std::uint64_t value) {
        ASSERT_TRUE(producers[lane].push({{value}}));
    }
    /// Takes at most `budget`: lane and values.
    std::pair<std::uint32_t, std::vector<std::uint64_t>> take(std::uint32_t budget = ~0u) {
        const auto batch = consumer.next(budget);
        std::vector<std::uint64_t> values;
        for (const Message& message : batch.messages)
            values.push_back(message.words[0]);
        if (!values.empty())
            consumer.done(batch);
        return {batch.lane, values};
    }
    using Taken = std::pair<std::uint32_t, std::vector<std::uint64_t>>;
};

TEST_F(LanesTest, another_layout_is_told_from_this_one) {
    EXPECT_TRUE(memory->valid());
    const auto* other = reinterpret_cast<const Lanes<Message, kLanes, 16>*>(memory.get());
    EXPECT_FALSE(other->valid());
    EXPECT_TRUE(other->header.ready());
    const auto fresh = std::make_unique<Memory>();
    EXPECT_FALSE(fresh->valid());
    EXPECT_FALSE(fresh->header.ready());
}

TEST_F(LanesTest, lanes_take_turns_within_a_budget) {
    for (std::uint64_t n = 0; n < 5; ++n) {
        put(1, 10 + n);
        put(3, 30 + n);
    }
    EXPECT_EQ(take(2), (Taken{1, {10, 11}}));
    EXPECT_EQ(take(2), (Taken{3, {30, 31}}));
    put(2, 20);
    EXPECT_EQ(take(2), (Taken{1, {12, 13}}));
    EXPECT_EQ(take(2), (Taken{2, {20}}));
    EXPECT_EQ(take(2), (Taken{3, {32, 33}}));
    EXPECT_EQ(take(2), (Taken{1, {14}}));
    EXPECT_EQ(take(2), (Taken{3, {34}}));
    EXPECT_TRUE(take().second.empty());
}

TEST_F(LanesTest, batches_end_where_the_slots_end) {
    std::uint64_t sent = 0, received = 0;
    std::mt19937 random{1};
    while (received < 10'000) {
        const auto room = producers[2].reserve(1 + static_cast<std::uint32_t>(random() % 8));
        for (Message& message : room)
            message.words[7] = sent++;
        producers[2].commit(room.size());
        const auto batch = consumer.next(1 + static_cast<std::uint32_t>(random() % 8));
        for (const Message& message : batch.messages)
            ASSERT_EQ(message.words[7], received++);
        consumer.done(batch);
    }
}

TEST_F(LanesTest, a_full_lane_refuses_and_others_do_not) {
    for (std::uint64_t n = 0; n < kCapacity; ++n)
        put(0, n);
    EXPECT_FALSE(producers[0].push({}));
    EXPECT_TRUE(producers[0].reserve(1).empty());
    put(1, 100);
    EXPECT_TRUE(producers[0].prepare_wait());
    const auto batch = consumer.next();
    consumer.done(batch, 1);
    EXPECT_TRUE(consumer.wake_producer(0));
    EXPECT_FALSE(consumer.wake_producer(1));
    EXPECT_FALSE(producers[0].prepare_wait());
    put(0, 99);
}

TEST_F(LanesTest, one_producer_wakes_for_each_sleep) {
    EXPECT_FALSE(producers[0].flush()) << "the consumer is awake";
    for (int sleeps = 0; sleeps < 3; ++sleeps) {
        ASSERT_TRUE(consumer.prepare_wait());
        EXPECT_EQ(memory->bell.words.epoch.load(Order::relaxed), consumer.sleeping());
        int woken = 0;
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            put(lane, lane);
            woken += producers[lane].flush() ? 1 : 0;
        }
        EXPECT_EQ(woken, 1);
        EXPECT_NE(memory->bell.words.epoch.load(Order::relaxed), consumer.sleeping());
        consumer.awake();
        for (std::uint32_t lane = 0; lane < kLanes; ++lane)
            EXPECT_EQ(take(), (Taken{lane, {lane}}));
        EXPECT_TRUE(take().second.empty());
    }
}

TEST_F(LanesTest, a_consumer_does_not_sleep_on_a_message) {
    ASSERT_TRUE(consumer.prepare_wait());
    consumer.awake();
    put(3, 1); // not flushed: its bit is not set
    EXPECT_TRUE(take().second.empty()) << "the bitmap has nothing";
    EXPECT_FALSE(consumer.prepare_wait());
    EXPECT_EQ(take(), (Taken{3, {1}}));
    EXPECT_FALSE(producers[3].flush()) << "it is awake";
}

TEST_F(LanesTest, a_late_claim_of_an_ended_sleep_fails) {
    ASSERT_TRUE(consumer.prepare_wait());
    std::uint32_t seen = memory->bell.words.epoch.load(Order::relaxed);
    consumer.awake(); // a deadline
    ASSERT_TRUE(consumer.prepare_wait());
    EXPECT_FALSE(
        memory->bell.words.epoch.compare_exchange(seen, seen + 1, Order::relaxed, Order::relaxed));
    put(0, 1);
    EXPECT_TRUE(producers[0].flush());
}

TEST_F(LanesTest, a_closed_lane_is_drained_and_taken_out) {
    ASSERT_TRUE(consumer.prepare_wait());
    put(1, 7);
    EXPECT_TRUE(producers[1].close());
    consumer.awake();
    EXPECT_EQ(consumer.open(), 0b1111u);
    EXPECT_EQ(take(), (Taken{1, {7}}));
    EXPECT_TRUE(take().second.empty());
    EXPECT_EQ(consumer.open(), 0b1101u);
    EXPECT_FALSE(consumer.faulted(1));
    EXPECT_TRUE(consumer.prepare_wait()) << "an ended lane keeps nobody awake";
    // Its place is used anew.
    consumer.awake();
    memory->initialise(1);
    memory->attach(consumer, 1);
    producers[1] = memory->make_producer(1);
    put(1, 8);
    EXPECT_EQ(take(), (Taken{1, {8}}));
}

TEST_F(LanesTest, who_cleans_up_behind_a_dead_producer_ends_its_lane) {
    put(2, 5); // published, not flushed; the slot behind it half written
    producers[2].reserve(1)[0].words[0] = 6;
    ASSERT_FALSE(consumer.prepare_wait());
    EXPECT_EQ(take(), (Taken{2, {5}}));
    EXPECT_TRUE(take().second.empty());
    ASSERT_TRUE(consumer.prepare_wait());
    LaneProducer<Message> cleaner = memory->make_producer(2);
    cleaner.close_behind_dead(); // and wakes the consumer
    consumer.awake();
    EXPECT_TRUE(take().second.empty());
    EXPECT_EQ(consumer.open(), 0b1011u);
    put(0, 1);
    EXPECT_FALSE(producers[0].flush());
    EXPECT_EQ(take(), (Taken{0, {1}})) << "others go on";
}

TEST_F(LanesTest, an_impossible_tail_closes_its_lane_only) {
    for (const std::uint32_t wrong : {kCapacity + 1, 100u, 0x8000'0000u, 0xffff'ffffu}) {
        SCOPED_TRACE(wrong);
        memory->initialise();
        consumer = memory->make_consumer();
        producers[1] = memory->make_producer(1);
        memory->producers[0].words.ring.tail.store(abi::kFirstIndex + wrong, Order::release);
        put(1, 4);
        EXPECT_EQ(take(), (Taken{1, {4}}));
        EXPECT_TRUE(take().second.empty());
        EXPECT_TRUE(consumer.faulted(0));
        EXPECT_FALSE(consumer.faulted(1));
        EXPECT_EQ(consumer.open(), 0b1110u);
        memory->producers[0].words.ring.tail.store(abi::kFirstIndex + 1, Order::release);
        EXPECT_TRUE(take().second.empty()) << "once a liar";
        EXPECT_TRUE(consumer.prepare_wait());
        consumer.awake();
    }
}

TEST_F(LanesTest, any_words_leave_batches_in_bounds) {
    std::mt19937 random{3};
    for (int round = 0; round < 20'000; ++round) {
        if (round % 20 == 0) {
            memory->initialise();
            consumer = memory->make_consumer();
        }
        const std::uint32_t lane = static_cast<std::uint32_t>(random() % kLanes);
        const auto near = static_cast<std::uint32_t>(abi::kFirstIndex + random() % 12);
        memory->producers[lane].words.ring.tail.store(
            random() % 8 == 0 ? static_cast<std::uint32_t>(random()) : near, Order::relaxed);
        memory->bell.words.ready.store(random(), Order::relaxed);
        memory->bell.words.epoch.store(static_cast<std::uint32_t>(random()), Order::relaxed);
        memory->producers[lane].words.closed.store(random() % 50 == 0, Order::relaxed);
        const auto batch = consumer.next();
        ASSERT_LE(batch.messages.size(), kCapacity);
        if (!batch.messages.empty()) {
            ASSERT_GE(batch.messages.data(), memory->producers[batch.lane].slots);
            ASSERT_LE(batch.messages.data() + batch.messages.size(),
                      memory->producers[batch.lane].slots + kCapacity);
        }
        consumer.done(batch);
        if (consumer.prepare_wait())
            consumer.awake();
    }
}

} // namespace
} // namespace cw
