// Model (b): sleep and wake. A consumer that found nothing sleeps; no wake-up is ever lost, however
// publishes are batched and however many rings one consumer waits for.
#include "check.hpp"
#include "ring_pair.hpp"

namespace cw::model {
namespace {

enum class Latch : std::uint8_t { yes, no };

/// `kProducers` producers with a ring each, one consumer that sleeps when all rings are empty.
/// Producers publish in batches of up to `kBatch`, flush after `kPublishes` publishes, and poll
/// when their ring is full.
template <unsigned kProducers,
          std::uint32_t kCapacity,
          std::uint32_t kMessages,
          std::uint32_t kBatch,
          std::uint32_t kPublishes,
          Latch kLatch = Latch::yes>
struct SleepWake
    : rl::test_suite<SleepWake<kProducers, kCapacity, kMessages, kBatch, kPublishes, kLatch>,
                     kProducers + 1> {
    std::array<SharedRing<kCapacity>, kProducers> rings;
    Doorbell doorbell;

    void before() {
        for (auto& ring : rings)
            ring.initialise();
        doorbell.initialise();
    }
    void after() { doorbell.finish(); }

    void thread(unsigned index) {
        if (index < kProducers)
            produce(rings[index]);
        else
            consume();
    }

    void ring_if(bool wanted) {
        if (!wanted)
            return;
        if constexpr (kLatch == Latch::yes)
            doorbell.ring();
        else
            doorbell.pulse();
    }

    void produce(SharedRing<kCapacity>& ring) {
        auto producer = ring.make_producer();
        std::uint32_t published = 0;
        for (std::uint32_t sent = 0; sent < kMessages;) {
            const std::uint32_t batch = std::min({producer.free_slots(), kMessages - sent, kBatch});
            if (batch == 0) {
                ring_if(producer.unflushed() && flush(producer));
                rl::yield(1, RL_INFO);
                continue;
            }
            for (std::uint32_t n = 0; n < batch; ++n)
                ring.fill(producer.slot(n), ++sent);
            producer.publish(batch);
            if (++published % kPublishes == 0 || sent == kMessages)
                ring_if(flush(producer));
        }
        RL_ASSERT(!producer.unflushed());
    }

    void consume() {
        std::array<Consumer, kProducers> consumers;
        std::array<std::uint32_t, kProducers> received{};
        for (unsigned i = 0; i < kProducers; ++i)
            consumers[i] = rings[i].make_consumer();
        for (std::uint32_t total = 0; total < kProducers * kMessages;) {
            for (unsigned i = 0; i < kProducers; ++i) {
                const std::uint32_t count = consumers[i].available();
                RL_ASSERT(!consumers[i].faulted());
                for (std::uint32_t n = 0; n < count; ++n) {
                    RL_ASSERT(rings[i].read(consumers[i].slot()) == ++received[i]);
                    consumers[i].take();
                }
                consumers[i].release();
                total += count;
            }
            if (total < kProducers * kMessages && nothing_there(consumers))
                doorbell.wait();
        }
    }

    /// One ring: prepare_wait(). More: the executor's way, arm all, one fence, look once more.
    bool nothing_there(std::array<Consumer, kProducers>& consumers) {
        if constexpr (kProducers == 1) {
            return prepare_wait(consumers[0]);
        } else {
            for (Consumer& consumer : consumers)
                consumer.arm();
            fence_at(Site::F2, Order::seq_cst);
            return std::ranges::none_of(
                consumers, [](const Consumer& consumer) { return consumer.pending(); });
        }
    }
};

using EachFlushed = SleepWake<1, 2, 4, 1, 1>;
using Batched = SleepWake<1, 4, 6, 3, 2>;
using TwoRings = SleepWake<2, 2, 3, 2, 2>;

TEST(RingSleepWake, every_publish_flushed) {
    expect_clean<EachFlushed>(200'000, 2);
}
TEST(RingSleepWake, several_publishes_per_flush) {
    expect_clean<Batched>(200'000, 2);
}
TEST(RingSleepWake, two_rings_armed_before_one_fence) {
    expect_clean<TwoRings>(200'000, 1);
}

TEST(RingSleepWake, finds_missing_F1) {
    expect_found<EachFlushed>({Site::F1, Order::relaxed}, 50'000);
}
TEST(RingSleepWake, finds_acq_rel_F1) {
    expect_found<EachFlushed>({Site::F1, Order::acq_rel}, 50'000);
}
TEST(RingSleepWake, finds_release_F1) {
    expect_found<EachFlushed>({Site::F1, Order::release}, 50'000);
}
TEST(RingSleepWake, finds_missing_F2) {
    expect_found<EachFlushed>({Site::F2, Order::relaxed}, 50'000);
}
TEST(RingSleepWake, finds_acq_rel_F2) {
    expect_found<EachFlushed>({Site::F2, Order::acq_rel}, 50'000);
}
TEST(RingSleepWake, finds_missing_F1_in_batches) {
    expect_found<Batched>({Site::F1, Order::relaxed}, 50'000);
}
TEST(RingSleepWake, finds_missing_F2_for_two_rings) {
    expect_found<TwoRings>({Site::F2, Order::relaxed}, 50'000);
}
TEST(RingSleepWake, finds_acq_rel_F1_for_two_rings) {
    expect_found<TwoRings>({Site::F1, Order::acq_rel}, 50'000);
}
TEST(RingSleepWake, finds_relaxed_R1) {
    expect_found<EachFlushed>({Site::R1, Order::relaxed}, 50'000);
}
TEST(RingSleepWake, finds_relaxed_A1) {
    expect_found<EachFlushed>({Site::A1, Order::relaxed}, 50'000);
}
TEST(RingSleepWake, finds_a_wait_that_does_not_latch) {
    expect_found<SleepWake<1, 2, 4, 1, 1, Latch::no>>({}, 50'000);
}

} // namespace
} // namespace cw::model
