// Model (a): the data path. Every message arrives once, in order, whole; a slot is never reused
// before it was read.
#include "check.hpp"
#include "ring_pair.hpp"

namespace cw::model {
namespace {

/// One producer that publishes in batches of up to `kBatch`, one consumer; both poll.
template <std::uint32_t kCapacity, std::uint32_t kMessages, std::uint32_t kBatch>
struct DataPath : rl::test_suite<DataPath<kCapacity, kMessages, kBatch>, 2> {
    SharedRing<kCapacity> ring;

    void before() { ring.initialise(); }

    void thread(unsigned index) {
        if (index == 0)
            produce();
        else
            consume();
    }

    void produce() {
        auto producer = ring.make_producer();
        for (std::uint32_t sent = 0; sent < kMessages;) {
            std::uint32_t batch = std::min({producer.free_slots(), kMessages - sent, kBatch});
            if (batch == 0) {
                RL_ASSERT(!producer.faulted());
                rl::yield(1, RL_INFO);
                continue;
            }
            for (std::uint32_t n = 0; n < batch; ++n)
                ring.fill(producer.slot(n), ++sent);
            producer.publish(batch);
        }
    }

    void consume() {
        auto consumer = ring.make_consumer();
        for (std::uint32_t received = 0; received < kMessages;) {
            const std::uint32_t count = consumer.available();
            RL_ASSERT(count <= kCapacity);
            if (count == 0) {
                RL_ASSERT(!consumer.faulted());
                rl::yield(1, RL_INFO);
                continue;
            }
            for (std::uint32_t n = 0; n < count; ++n) {
                RL_ASSERT(ring.read(consumer.slot()) == ++received);
                consumer.take();
            }
            consumer.release();
        }
    }
};

/// One at a time, each with a copy beside the tail, which the consumer reads if it finds one
/// message there. Two words: a copy must not be of two messages.
template <std::uint32_t kCapacity, std::uint32_t kMessages>
struct CopiedPath : rl::test_suite<CopiedPath<kCapacity, kMessages>, 2> {
    SharedRing<kCapacity> ring;

    void before() { ring.initialise(); }

    void thread(unsigned index) {
        if (index == 0)
            produce();
        else
            consume();
    }

    void produce() {
        auto producer = ring.make_producer();
        for (std::uint32_t sent = 0; sent < kMessages;) {
            if (producer.free_slots() == 0) {
                rl::yield(1, RL_INFO);
                continue;
            }
            ring.fill(producer.slot(), ++sent);
            copy_beside(producer, sent, sent);
            producer.publish();
        }
    }

    void consume() {
        auto consumer = ring.make_consumer();
        for (std::uint32_t received = 0; received < kMessages;) {
            const std::uint32_t count = consumer.available();
            if (count == 0) {
                rl::yield(1, RL_INFO);
                continue;
            }
            std::uint64_t words[2];
            ++received;
            if (count == 1 && take_copy(consumer, words, 2)) {
                RL_ASSERT(words[0] == received);
                RL_ASSERT(words[1] == received);
            } else {
                RL_ASSERT(ring.read(consumer.slot()) == received);
            }
            consumer.take();
            consumer.release();
        }
    }
};

TEST(RingDataPath, capacity_1_is_fifo_across_wrap) {
    expect_clean<DataPath<1, 4, 1>>(100'000, 2);
}
TEST(RingDataPath, capacity_2_is_fifo_across_wrap) {
    expect_clean<DataPath<2, 5, 2>>(100'000, 2);
}
TEST(RingDataPath, capacity_4_is_fifo_across_wrap) {
    expect_clean<DataPath<4, 9, 3>>(100'000, 2);
}

using Mutant = DataPath<2, 5, 2>;
TEST(RingDataPath, finds_relaxed_R1) {
    expect_found<Mutant>({Site::R1, Order::relaxed}, 10'000);
}
TEST(RingDataPath, finds_relaxed_A1) {
    expect_found<Mutant>({Site::A1, Order::relaxed}, 10'000);
}
TEST(RingDataPath, finds_relaxed_R2) {
    expect_found<Mutant>({Site::R2, Order::relaxed}, 10'000);
}
TEST(RingDataPath, finds_relaxed_A2) {
    expect_found<Mutant>({Site::A2, Order::relaxed}, 10'000);
}

TEST(RingDataPath, a_copy_is_of_the_message_that_is_there) {
    expect_clean<CopiedPath<2, 4>>(100'000, 2);
}

using CopyMutant = CopiedPath<2, 4>;
TEST(RingDataPath, finds_a_copy_without_F6) {
    expect_found<CopyMutant>({Site::F6, Order::relaxed}, 10'000);
}
TEST(RingDataPath, finds_a_copy_without_F7) {
    expect_found<CopyMutant>({Site::F7, Order::relaxed}, 10'000);
}
TEST(RingDataPath, finds_relaxed_R1_of_a_copy) {
    expect_found<CopyMutant>({Site::R1, Order::relaxed}, 10'000);
}
TEST(RingDataPath, finds_relaxed_A1_of_a_copy) {
    expect_found<CopyMutant>({Site::A1, Order::relaxed}, 10'000);
}

} // namespace
} // namespace cw::model
