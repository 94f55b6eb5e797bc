// The ring's indices, alone: order, full and empty at every step, event arithmetic, and what a
// hostile peer may write.
#include <cw/core/ring.hpp>
#include <gtest/gtest.h>
#include <random>

namespace cw {
namespace {

template <std::uint32_t kCapacity>
struct Ring {
    ProducerWords<NativeSync> producer_words;
    ConsumerWords<NativeSync> consumer_words;
    RingProducer<NativeSync> producer;
    RingConsumer<NativeSync> consumer;
    std::uint32_t slots[kCapacity]{};

    explicit Ring(std::uint32_t first) :
        producer{&producer_words, &consumer_words, kCapacity, first},
        consumer{&consumer_words, &producer_words, kCapacity, first} {
        producer_words.tail.store(first, Order::relaxed);
        producer_words.space_event.store(first, Order::relaxed);
        consumer_words.head.store(first, Order::relaxed);
        consumer_words.data_event.store(first, Order::relaxed);
    }
    void put(std::uint32_t value) {
        slots[producer.slot()] = value;
        producer.publish();
    }
    std::uint32_t get() {
        const std::uint32_t value = slots[consumer.slot()];
        consumer.take();
        return value;
    }
};

template <class T>
struct RingOf : testing::Test {};
template <std::uint32_t N>
using Capacity = std::integral_constant<std::uint32_t, N>;
using Capacities = testing::Types<Capacity<1>, Capacity<2>, Capacity<8>, Capacity<128>>;
TYPED_TEST_SUITE(RingOf, Capacities);

TYPED_TEST(RingOf, is_full_and_empty_at_every_step_across_the_wrap) {
    constexpr std::uint32_t kCapacity = TypeParam::value;
    Ring<kCapacity> ring{0u - 3 * kCapacity};
    std::uint32_t sent = 0, received = 0;
    for (std::uint32_t round = 0; round < 6 * kCapacity; ++round) {
        EXPECT_EQ(ring.consumer.available(), 0u);
        EXPECT_FALSE(ring.consumer.pending());
        for (std::uint32_t n = kCapacity; n > 0; --n) {
            EXPECT_EQ(ring.producer.free_slots(), n);
            ring.put(++sent);
        }
        EXPECT_EQ(ring.producer.free_slots(), 0u);
        for (std::uint32_t n = kCapacity; n > 0; --n) {
            EXPECT_EQ(ring.consumer.available(), n);
            EXPECT_EQ(ring.get(), ++received);
            EXPECT_EQ(ring.producer.free_slots(), 0u) << "taken, but not given back";
        }
        ring.consumer.release();
        ring.put(++sent); // off the multiples of the capacity
        EXPECT_EQ(ring.get(), ++received);
        ring.consumer.release();
    }
}

TYPED_TEST(RingOf, is_fifo_for_random_batches) {
    constexpr std::uint32_t kCapacity = TypeParam::value;
    Ring<kCapacity> ring{0u - 1000};
    std::mt19937 random{kCapacity};
    std::uint32_t sent = 0, received = 0;
    while (received < 20'000) {
        for (std::uint32_t n = random() % (ring.producer.free_slots() + 1); n > 0; --n)
            ring.put(++sent);
        for (std::uint32_t n = random() % (ring.consumer.available() + 1); n > 0; --n)
            ASSERT_EQ(ring.get(), ++received);
        if (random() % 2 == 0)
            ring.consumer.release();
    }
    EXPECT_FALSE(ring.producer.faulted());
    EXPECT_FALSE(ring.consumer.faulted());
}

TEST(Ring, batches_are_published_at_once) {
    Ring<8> ring{0u - 4};
    for (std::uint32_t n = 0; n < 5; ++n)
        ring.slots[ring.producer.slot(n)] = 10 + n;
    EXPECT_EQ(ring.consumer.available(), 0u);
    ring.producer.publish(5);
    ASSERT_EQ(ring.consumer.available(), 5u);
    for (std::uint32_t n = 0; n < 5; ++n)
        EXPECT_EQ(ring.slots[ring.consumer.slot(n)], 10 + n);
    ring.consumer.take(5);
    ring.consumer.release();
    EXPECT_EQ(ring.producer.free_slots(), 3u) << "it looks at the head only when it must";
    ring.producer.publish(3);
    EXPECT_EQ(ring.producer.free_slots(), 5u);
}

TEST(EventIndex, is_passed_if_it_lies_among_the_indices_just_passed) {
    EXPECT_TRUE(event_passed(5, 5, 6));
    EXPECT_FALSE(event_passed(5, 6, 7));
    EXPECT_FALSE(event_passed(5, 4, 5));
    EXPECT_TRUE(event_passed(5, 3, 9));
    EXPECT_FALSE(event_passed(5, 5, 5));
    EXPECT_TRUE(event_passed(0xffff'ffff, 0xffff'fffe, 1));
    EXPECT_TRUE(event_passed(0, 0xffff'fffe, 1));
    EXPECT_FALSE(event_passed(1, 0xffff'fffe, 1));
    EXPECT_FALSE(event_passed(0xffff'fffd, 0xffff'fffe, 1));
    for (std::uint32_t base = 0u - 20; base != 20; ++base) {
        for (std::uint32_t length = 0; length < 10; ++length) {
            for (std::uint32_t offset = 0u - 10; offset != 20; ++offset)
                EXPECT_EQ(event_passed(base + offset, base, base + length), offset < length);
        }
    }
}

TEST(Ring, a_consumer_that_sleeps_is_rung_once) {
    Ring<8> ring{0u - 2};
    EXPECT_TRUE(ring.consumer.prepare_wait());
    ring.put(1);
    EXPECT_TRUE(ring.producer.unflushed());
    EXPECT_TRUE(ring.producer.flush());
    EXPECT_FALSE(ring.producer.unflushed());
    ring.put(2);
    EXPECT_FALSE(ring.producer.flush()) << "it was rung and has not asked again";
    ring.consumer.take(2);
    EXPECT_TRUE(ring.consumer.prepare_wait());
    ring.put(3);
    ring.put(4);
    ring.put(5);
    EXPECT_TRUE(ring.producer.flush()) << "one flush for a batch";
}

TEST(Ring, a_consumer_that_is_awake_is_not_rung) {
    Ring<8> ring{7};
    ring.put(1);
    static_cast<void>(ring.producer.flush()); // a fresh ring is armed
    for (std::uint32_t n = 0; n < 100; ++n) {
        static_cast<void>(ring.get());
        ring.consumer.release();
        ring.put(n);
        EXPECT_FALSE(ring.producer.flush());
    }
}

TEST(Ring, a_consumer_does_not_sleep_on_a_message) {
    Ring<8> ring{7};
    ring.put(1);
    EXPECT_FALSE(ring.consumer.prepare_wait());
    EXPECT_TRUE(ring.consumer.pending());
}

TEST(Ring, who_arms_twice_at_one_index_is_rung_once) {
    Ring<8> ring{7};
    ring.consumer.arm();
    ring.put(1);
    EXPECT_TRUE(ring.producer.flush());
    ring.consumer.arm();
    ring.put(2);
    EXPECT_FALSE(ring.producer.flush()) << "the doorbell was rung for this index";
    static_cast<void>(ring.get());
    static_cast<void>(ring.get());
    ring.consumer.arm();
    ring.put(3);
    EXPECT_TRUE(ring.producer.flush());
}

TEST(Ring, a_producer_that_waits_for_space_is_rung_when_the_head_moves) {
    Ring<2> ring{0u - 1};
    EXPECT_FALSE(ring.producer.prepare_wait()) << "there is space";
    ring.put(1);
    ring.put(2);
    EXPECT_TRUE(ring.producer.prepare_wait());
    std::uint32_t before = ring.consumer.head();
    static_cast<void>(ring.get());
    ring.consumer.release();
    EXPECT_TRUE(ring.consumer.wake_producer(before));
    before = ring.consumer.head();
    static_cast<void>(ring.get());
    ring.consumer.release();
    EXPECT_FALSE(ring.consumer.wake_producer(before)) << "it has not asked again";
    EXPECT_FALSE(ring.producer.prepare_wait());
}

TEST(Ring, a_copy_is_taken_while_it_is_of_the_only_message) {
    Ring<8> ring{0u - 2};
    std::uint64_t words[2]{};
    for (std::uint64_t message = 1; message <= 5; ++message) { // the third crosses the wrap
        ring.producer.copy_beside({message, ~message});
        ring.producer.publish();
        ASSERT_EQ(ring.consumer.available(), 1u);
        if (message != 2) { // its tail is 0: who crosses a quarter of the indices leaves no copy
            EXPECT_TRUE(ring.consumer.take_copy(words, 2));
            EXPECT_EQ(words[0], message);
            EXPECT_EQ(words[1], ~message);
        }
        ring.consumer.take();
    }
}

TEST(Ring, a_message_without_a_copy_has_none) {
    Ring<8> ring{100};
    std::uint64_t word{};
    ring.producer.copy_beside({1});
    ring.producer.publish();
    ring.producer.publish();
    ASSERT_EQ(ring.consumer.available(), 2u);
    ring.consumer.take();
    EXPECT_FALSE(ring.consumer.take_copy(&word, 1));
}

TEST(Ring, a_copy_is_not_taken_for_that_of_a_message_a_whole_turn_later) {
    Ring<8> ring{4};
    ring.producer.copy_beside({1});
    ring.producer.publish();
    std::uint64_t word{};
    ASSERT_TRUE(ring.consumer.take_copy(&word, 1));
    for (int eighth = 0; eighth < 8; ++eighth) // to one before that index
        ring.producer.publish((1u << 29) - (eighth == 0 ? 1 : 0));
    EXPECT_EQ(ring.producer.tail(), 4u);
    ring.producer.publish();
    ASSERT_EQ(ring.consumer.available(), 1u);
    EXPECT_FALSE(ring.consumer.take_copy(&word, 1));
}

TEST(RingHostile, a_tail_out_of_range_faults_the_consumer_for_good) {
    for (const std::uint32_t wrong : {9u, 100u, 0x8000'0000u, 0xffff'ffffu}) {
        Ring<8> ring{1000};
        ring.put(1);
        ring.producer_words.tail.store(1000 + wrong, Order::release);
        EXPECT_EQ(ring.consumer.available(), 0u);
        EXPECT_TRUE(ring.consumer.faulted());
        ring.producer_words.tail.store(1001, Order::release);
        EXPECT_EQ(ring.consumer.available(), 0u) << "once a liar";
    }
    Ring<8> ring{1000};
    ring.producer_words.tail.store(1008, Order::release);
    EXPECT_EQ(ring.consumer.available(), 8u) << "full is possible";
}

TEST(RingHostile, a_head_out_of_range_faults_the_producer_for_good) {
    for (const std::uint32_t wrong : {9u, 100u, 0x8000'0000u, 0xffff'ffffu}) {
        Ring<8> ring{1000};
        for (std::uint32_t n = 0; n < 8; ++n)
            ring.put(n);
        ring.consumer_words.head.store(1000 + wrong, Order::release);
        EXPECT_EQ(ring.producer.free_slots(), 0u);
        EXPECT_TRUE(ring.producer.faulted());
        EXPECT_FALSE(ring.producer.prepare_wait()) << "nobody would ring";
        ring.consumer_words.head.store(1008, Order::release);
        EXPECT_EQ(ring.producer.free_slots(), 0u) << "once a liar";
    }
}

TEST(RingHostile, a_head_that_goes_back_faults_the_producer) {
    Ring<8> ring{1000};
    for (std::uint32_t n = 0; n < 8; ++n)
        ring.put(n);
    ring.consumer_words.head.store(1004, Order::release);
    EXPECT_EQ(ring.producer.free_slots(), 4u);
    for (std::uint32_t n = 0; n < 4; ++n)
        ring.put(n);
    ring.consumer_words.head.store(1003, Order::release);
    EXPECT_EQ(ring.producer.free_slots(), 0u);
    EXPECT_TRUE(ring.producer.faulted());
}

TEST(RingHostile, any_words_leave_counts_and_slots_in_bounds) {
    std::mt19937 random{7};
    const auto near_or_far = [&](std::uint32_t near) {
        return random() % 2 == 0 ? static_cast<std::uint32_t>(random())
                                 : near + static_cast<std::uint32_t>(random() % 40) - 20;
    };
    for (std::uint32_t round = 0; round < 20'000; ++round) {
        Ring<16> ring{static_cast<std::uint32_t>(random())};
        for (std::uint32_t step = 0; step < 10; ++step) {
            ring.producer_words.tail.store(near_or_far(ring.consumer.head()), Order::relaxed);
            const std::uint32_t count = ring.consumer.available();
            ASSERT_LE(count, 16u);
            for (std::uint32_t n = 0; n < count; ++n)
                ASSERT_LT(ring.consumer.slot(n), 16u);
            ring.consumer.take(count);
            ring.consumer.release();
            ring.consumer_words.head.store(near_or_far(ring.producer.tail()), Order::relaxed);
            ring.consumer_words.data_event.store(near_or_far(ring.producer.tail()), Order::relaxed);
            const std::uint32_t space = ring.producer.free_slots();
            ASSERT_LE(space, 16u);
            for (std::uint32_t n = 0; n < space; ++n)
                ASSERT_LT(ring.producer.slot(n), 16u);
            ring.producer.publish(space);
            static_cast<void>(ring.producer.flush());
        }
    }
}

} // namespace
} // namespace cw
