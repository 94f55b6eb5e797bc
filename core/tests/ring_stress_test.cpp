// Two threads, a ring in each direction, both sides sleeping on latching doorbells: no message and
// no wake-up is lost. A lost wake-up is a hang, which the watchdog names.
#include "fake_host.hpp"

#include <cw/core/ring.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <thread>

namespace cw::test {
namespace {

constexpr std::uint32_t kFirst = 0u - 1000u;
constexpr std::uint32_t kCapacity = 128;

struct Shared {
    ProducerWords<NativeSync> producer;
    alignas(256) ConsumerWords<NativeSync> consumer;
    alignas(256) std::uint64_t slots[kCapacity]; ///< Plain: the orders of the indices must do.

    Shared() {
        producer.tail.store(kFirst, Order::relaxed);
        producer.space_event.store(kFirst, Order::relaxed);
        consumer.head.store(kFirst, Order::relaxed);
        consumer.data_event.store(kFirst, Order::relaxed);
    }
};

/// One of the two: sends into one ring and takes from the other, in batches of varying size.
struct Side {
    Shared& out;
    Shared& in;
    Bell& mine;
    Bell& theirs;
    std::uint64_t messages;
    std::uint64_t batch;
    std::uint64_t sent = 0, received = 0, wrong = 0, sleeps = 0;

    void run() {
        RingProducer<NativeSync> producer{&out.producer, &out.consumer, kCapacity, kFirst};
        RingConsumer<NativeSync> consumer{&in.consumer, &in.producer, kCapacity, kFirst};
        while (sent < messages || received < messages) {
            const bool has_sent = send(producer);
            const bool has_taken = take(consumer);
            if (has_sent || has_taken)
                continue;
            bool sleep = true;
            if (sent < messages)
                sleep = producer.prepare_wait();
            if (received < messages)
                sleep = consumer.prepare_wait() && sleep;
            if (!sleep)
                continue;
            ++sleeps;
            mine.wait(~std::uint64_t{0});
        }
    }
    bool send(RingProducer<NativeSync>& producer) {
        const std::uint64_t count = std::min<std::uint64_t>(
            {producer.free_slots(), messages - sent, 1 + (sent * 7 + batch) % batch});
        if (count == 0)
            return false;
        for (std::uint32_t n = 0; n < count; ++n)
            out.slots[producer.slot(n)] = sent++;
        producer.publish(static_cast<std::uint32_t>(count));
        if (producer.flush())
            theirs.ring();
        return true;
    }
    bool take(RingConsumer<NativeSync>& consumer) {
        std::uint32_t count = consumer.available();
        if (count == 0)
            return false;
        const std::uint32_t before = consumer.head();
        for (; count != 0; --count) {
            wrong += in.slots[consumer.slot()] != received++ ? 1 : 0;
            consumer.take();
        }
        consumer.release();
        if (consumer.wake_producer(before))
            theirs.ring();
        return true;
    }
};

struct RingStress : testing::TestWithParam<std::uint64_t> {};

TEST_P(RingStress, both_directions_across_the_wrap_with_sleep_and_wake) {
    const Watchdog watchdog{"the ring stress test"};
    const auto first = std::make_unique<Shared>(), second = std::make_unique<Shared>();
    Bell bells[2];
    const std::uint64_t messages = CW_TEST_MESSAGES / (GetParam() == 1 ? 10 : 1);
    Side left{*first, *second, bells[0], bells[1], messages, GetParam()};
    Side right{*second, *first, bells[1], bells[0], messages, GetParam()};
    std::thread other{[&] { right.run(); }};
    left.run();
    other.join();
    EXPECT_EQ(left.received, messages);
    EXPECT_EQ(right.received, messages);
    EXPECT_EQ(left.wrong + right.wrong, 0u);
    RecordProperty("sleeps", std::to_string(left.sleeps + right.sleeps));
    EXPECT_GT(left.sleeps + right.sleeps, 0u) << "nobody slept: this was no test of wake-ups";
}

INSTANTIATE_TEST_SUITE_P(Batches, RingStress, testing::Values(1, 8, 64));

} // namespace
} // namespace cw::test
