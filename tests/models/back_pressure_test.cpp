// Model (c): back-pressure. A producer that found the ring full sleeps until the consumer gives
// slots back.
#include "check.hpp"
#include "ring_pair.hpp"

namespace cw::model {
namespace {

/// Both sides sleep: the producer for space, the consumer for data. The consumer gives back after
/// every `kTaken` messages.
template <std::uint32_t kCapacity, std::uint32_t kMessages, std::uint32_t kTaken>
struct BackPressure : rl::test_suite<BackPressure<kCapacity, kMessages, kTaken>, 2> {
    SharedRing<kCapacity> ring;
    Doorbell space, data;

    void before() {
        ring.initialise();
        space.initialise();
        data.initialise();
    }
    void after() {
        space.finish();
        data.finish();
    }

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
                RL_ASSERT(!producer.faulted());
                if (prepare_wait(producer))
                    space.wait();
                continue;
            }
            ring.fill(producer.slot(), ++sent);
            producer.publish();
            if (flush(producer))
                data.ring();
        }
    }

    void consume() {
        auto consumer = ring.make_consumer();
        for (std::uint32_t received = 0; received < kMessages;) {
            const std::uint32_t count = std::min(consumer.available(), kTaken);
            RL_ASSERT(!consumer.faulted());
            if (count == 0) {
                if (prepare_wait(consumer))
                    data.wait();
                continue;
            }
            const std::uint32_t before = consumer.head();
            for (std::uint32_t n = 0; n < count; ++n) {
                RL_ASSERT(ring.read(consumer.slot()) == ++received);
                consumer.take();
            }
            consumer.release();
            if (wake_producer(consumer, before))
                space.ring();
        }
    }
};

using One = BackPressure<1, 4, 1>;
using Two = BackPressure<2, 5, 2>;
using Four = BackPressure<4, 8, 3>;

TEST(RingBackPressure, capacity_1) {
    expect_clean<One>(200'000, 2);
}
TEST(RingBackPressure, capacity_2) {
    expect_clean<Two>(200'000, 2);
}
TEST(RingBackPressure, capacity_4) {
    expect_clean<Four>(100'000, 2);
}

TEST(RingBackPressure, finds_missing_F3) {
    expect_found<Two>({Site::F3, Order::relaxed}, 50'000);
}
TEST(RingBackPressure, finds_acq_rel_F3) {
    expect_found<Two>({Site::F3, Order::acq_rel}, 50'000);
}
TEST(RingBackPressure, finds_missing_F4) {
    expect_found<Two>({Site::F4, Order::relaxed}, 50'000);
}
TEST(RingBackPressure, finds_acq_rel_F4) {
    expect_found<Two>({Site::F4, Order::acq_rel}, 50'000);
}
TEST(RingBackPressure, finds_release_F4) {
    expect_found<Two>({Site::F4, Order::release}, 50'000);
}
TEST(RingBackPressure, finds_missing_F1) {
    expect_found<Two>({Site::F1, Order::relaxed}, 50'000);
}
TEST(RingBackPressure, finds_missing_F2) {
    expect_found<Two>({Site::F2, Order::relaxed}, 50'000);
}
TEST(RingBackPressure, finds_relaxed_R2) {
    expect_found<Two>({Site::R2, Order::relaxed}, 50'000);
}
TEST(RingBackPressure, finds_relaxed_A2) {
    expect_found<Two>({Site::A2, Order::relaxed}, 50'000);
}

} // namespace
} // namespace cw::model
