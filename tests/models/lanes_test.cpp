// Model (i): lanes. Whatever producers publish arrives once, in the order of its lane; the consumer
// never sleeps on a message or on the end of a lane; one producer wakes it for each sleep; a
// producer that dies anywhere harms its own lane only.
#include "check.hpp"
#include "ring_pair.hpp"

#include <cw/core/lanes.hpp>

namespace cw::model {
namespace {

/// A slot that relacy watches for races.
class Watched {
public:
    void set(std::uint32_t value) { value_(RL_INFO) = value; }
    [[nodiscard]] std::uint32_t get() const { return value_(RL_INFO); }

private:
    mutable rl::var<std::uint32_t> value_;
};

template <std::uint32_t kLanes, std::uint32_t kCapacity>
struct LanesMemory {
    LanesBell<RelacySync> bell;
    std::array<LaneWords<RelacySync>, kLanes> producers;
    std::array<ConsumerWords<RelacySync>, kLanes> consumers;
    std::array<std::array<Watched, kCapacity>, kLanes> slots;

    void initialise() {
        bell.ready.initialise(Name::other, 0);
        bell.epoch.initialise(Name::other, 0);
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            producers[lane].ring.tail.initialise(Name::tail, kFirst);
            producers[lane].ring.space_event.initialise(Name::space_event, kFirst);
            producers[lane].closed.initialise(Name::closed, 0);
            consumers[lane].head.initialise(Name::head, kFirst);
            consumers[lane].data_event.initialise(Name::data_event, kFirst);
            for (Watched& slot : slots[lane])
                slot.set(0);
        }
    }
    LaneProducer<Watched, RelacySync> make_producer(std::uint32_t lane) {
        return {
            &producers[lane], &consumers[lane], &bell, slots[lane].data(), lane, kCapacity, kFirst};
    }
    LanesConsumer<Watched, kLanes, RelacySync> make_consumer() {
        LanesConsumer<Watched, kLanes, RelacySync> consumer{&bell};
        for (std::uint32_t lane = 0; lane < kLanes; ++lane)
            consumer.attach(
                lane, &consumers[lane], &producers[lane], slots[lane].data(), kCapacity, kFirst);
        return consumer;
    }
};

using ModelProducer = LaneProducer<Watched, RelacySync>;

enum class Doing : std::uint8_t {
    right,
    waits_unflushed,    ///< A producer sleeps for space on what it has published.
    forgets_a_wake,     ///< flush() says to wake, and the last wake is not done.
    does_not_latch,     ///< A wake in front of the sleep is forgotten.
    sleeps_unannounced, ///< The consumer sleeps when next() found nothing.
    wakes_as_it_would,  ///< Who cleans up behind a dead producer wakes only as that would have.
};

/// Where a producer dies that dies: after so many of its steps, or after any number of them.
inline constexpr std::uint32_t kAnywhere = ~0u;

/// kLanes producers that publish kMessages each, up to two at once, flush after every kPublishes
/// publishes and wake after every kWakes flushes that said so, and close. The consumer takes up to
/// `kBudget` at once. kSpace: producers sleep while their lane is full. kDies: the first one may
/// die, after kSteps of its steps.
template <std::uint32_t kLanes,
          std::uint32_t kCapacity,
          std::uint32_t kMessages,
          std::uint32_t kPublishes = 1,
          bool kSpace = false,
          Doing kDoing = Doing::right,
          bool kDies = false,
          std::uint32_t kSteps = kAnywhere>
struct LanesModel
    : rl::test_suite<
          LanesModel<kLanes, kCapacity, kMessages, kPublishes, kSpace, kDoing, kDies, kSteps>,
          kLanes + 1 + (kDies ? 1 : 0)> {
    static constexpr std::uint32_t kBudget = 2;
    LanesMemory<kLanes, kCapacity> memory;
    Doorbell consumer_bell, death_bell;
    std::array<Doorbell, kLanes> space;
    std::uint32_t sleeps, wakes; ///< Announced; claimed. Of the model alone.
    std::array<std::uint32_t, kLanes> published, received;

    void before() {
        memory.initialise();
        consumer_bell.initialise();
        death_bell.initialise();
        for (Doorbell& bell : space)
            bell.initialise();
        sleeps = wakes = 0;
        published = received = {};
    }
    void after() {
        consumer_bell.finish();
        death_bell.finish();
        for (Doorbell& bell : space)
            bell.finish();
        RL_ASSERT(wakes <= sleeps);
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            RL_ASSERT(received[lane] == published[lane]);
            RL_ASSERT((kDies && lane == 0) || received[lane] == kMessages);
        }
    }
    void thread(unsigned index) {
        if (index < kLanes)
            produce(index);
        else if (index == kLanes)
            consume();
        else
            clean_up();
    }

    void ring() {
        ++wakes;
        if constexpr (kDoing == Doing::does_not_latch)
            consumer_bell.pulse();
        else
            consumer_bell.ring();
    }
    bool flush(ModelProducer& producer) {
        next_fence[rl::thread_index()] = Site::F21;
        return producer.flush();
    }

    void produce(std::uint32_t lane) {
        ModelProducer producer = memory.make_producer(lane);
        // The first one may die between any two of its steps; the trap tells the kernel.
        std::uint32_t steps = ~0u;
        if (kDies && lane == 0)
            steps = kSteps == kAnywhere ? rl::rand(3 * kMessages + 1) : kSteps;
        bool owed = false; // a wake that was claimed and not yet done
        std::uint32_t publishes = 0;
        for (std::uint32_t sent = 0; sent < kMessages;) {
            const auto room = producer.reserve(std::min(2u, kMessages - sent));
            if (room.empty()) {
                RL_ASSERT(!producer.faulted());
                wait_for_space(producer, lane, owed);
                continue;
            }
            for (Watched& slot : room)
                slot.set(++sent);
            if (steps-- == 0)
                return death_bell.ring(); // the trap; a wake it has claimed is not done
            published[lane] += static_cast<std::uint32_t>(room.size());
            producer.commit(room.size());
            if (steps-- == 0)
                return death_bell.ring(); // the trap; a wake it has claimed is not done
            if (++publishes % kPublishes == 0)
                owed = flush(producer) || owed;
            if (steps-- == 0) {
                RL_ASSERT(kSteps == kAnywhere || sent == kMessages); // there are no more
                return death_bell.ring(); // the trap; a wake it has claimed is not done
            }
        }
        if (kDies && lane == 0) {
            RL_ASSERT(kSteps == kAnywhere);
            return death_bell.ring();
        }
        next_fence[rl::thread_index()] = Site::F21;
        const bool last = producer.close();
        if ((owed || last) && kDoing != Doing::forgets_a_wake)
            ring();
    }
    void wait_for_space(ModelProducer& producer, std::uint32_t lane, bool& owed) {
        if constexpr (kDoing != Doing::waits_unflushed)
            owed = flush(producer) || owed;
        if (std::exchange(owed, false))
            ring();
        next_fence[rl::thread_index()] = Site::F3;
        if (!kSpace)
            rl::yield(1, RL_INFO);
        else if (producer.prepare_wait())
            space[lane].wait();
    }

    void consume() {
        auto consumer = memory.make_consumer();
        while (consumer.open() != 0) {
            const auto batch = consumer.next(kBudget);
            if (batch.messages.empty()) {
                if (consumer.open() == 0)
                    break;
                if (kDoing != Doing::sleeps_unannounced) {
                    next_fence[rl::thread_index()] = Site::F22;
                    ++sleeps;
                    if (!consumer.prepare_wait())
                        continue;
                }
                consumer_bell.wait();
                if (kDoing != Doing::sleeps_unannounced)
                    consumer.awake();
                continue;
            }
            for (const Watched& message : batch.messages)
                RL_ASSERT(message.get() == ++received[batch.lane]);
            consumer.done(batch);
            if (kSpace) {
                next_fence[rl::thread_index()] = Site::F4;
                if (consumer.wake_producer(batch.lane))
                    space[batch.lane].ring();
            }
        }
        for (std::uint32_t lane = 0; lane < kLanes; ++lane)
            RL_ASSERT(!consumer.faulted(lane));
    }
    /// Who learns of the death closes the lane, through an end of its own.
    void clean_up() {
        death_bell.wait();
        ModelProducer end = memory.make_producer(0);
        next_fence[rl::thread_index()] = Site::F21;
        if constexpr (kDoing == Doing::wakes_as_it_would) {
            if (end.close())
                ring();
        } else {
            end.close_behind_dead();
            consumer_bell.ring();
        }
    }
};

using OneLane = LanesModel<1, 2, 4>;
using TwoLanes = LanesModel<2, 2, 3>;
using Batched = LanesModel<2, 4, 5, 2>;
using ForSpace = LanesModel<2, 1, 3, 1, true>;
template <Doing kDoing = Doing::right>
using OneForSpace = LanesModel<1, 1, 3, 2, true, kDoing>;
template <Doing kDoing>
using Does = LanesModel<2, 2, 3, 1, false, kDoing>;
template <Doing kDoing = Doing::right, std::uint32_t kSteps = kAnywhere>
using Dying = LanesModel<2, 2, 2, 1, false, kDoing, true, kSteps>;

// Each search is a test of its own, so that they run beside each other.
TEST(LanesModel, every_message_of_one_lane_arrives_and_no_wake_is_lost) {
    expect_clean<OneLane>(100'000, 2);
}
TEST(LanesModel, every_message_of_two_lanes_arrives_and_no_wake_is_lost) {
    expect_clean<TwoLanes>(100'000, 1);
}
TEST(LanesModel, every_message_of_three_lanes_arrives_and_no_wake_is_lost) {
    expect_clean<LanesModel<3, 1, 2>>(100'000, 0);
}
TEST(LanesModel, a_message_of_each_of_three_lanes_arrives_and_no_wake_is_lost) {
    expect_clean<LanesModel<3, 1, 1>>(50'000, 1);
}
TEST(LanesModel, wakes_may_be_batched_and_deferred) {
    expect_clean<Batched>(100'000, 0);
    expect_clean<LanesModel<2, 2, 2, 2>>(100'000, 1);
}
TEST(LanesModel, producers_may_sleep_for_space) {
    expect_clean<ForSpace>(200'000, 0);
    expect_clean<OneForSpace<>>(100'000, 2);
}
TEST(LanesModel, a_producer_that_dies_harms_its_own_lane_only) {
    expect_clean<Dying<>>(100'000, 0);
}

// All executions of that with at most one preemption, for each place at which it may die: it
// publishes its messages at once, so these are in front of that, behind it, and behind the flush.
TEST(LanesModel, a_producer_that_dies_unpublished_harms_its_own_lane_only) {
    expect_clean<Dying<Doing::right, 0>>(1000, 1);
}
TEST(LanesModel, a_producer_that_dies_unflushed_harms_its_own_lane_only) {
    expect_clean<Dying<Doing::right, 1>>(1000, 1);
}
TEST(LanesModel, a_producer_that_dies_flushed_harms_its_own_lane_only) {
    expect_clean<Dying<Doing::right, 2>>(1000, 1);
}

TEST(LanesModel, finds_missing_F21) {
    expect_found<OneLane>({Site::F21, Order::relaxed}, 50'000);
    expect_found<TwoLanes>({Site::F21, Order::relaxed}, 50'000);
    expect_found<Batched>({Site::F21, Order::relaxed}, 50'000);
}
TEST(LanesModel, finds_acq_rel_F21) {
    expect_found<TwoLanes>({Site::F21, Order::acq_rel}, 50'000);
}
TEST(LanesModel, finds_release_F21) {
    expect_found<TwoLanes>({Site::F21, Order::release}, 50'000);
}
TEST(LanesModel, finds_missing_F22) {
    expect_found<OneLane>({Site::F22, Order::relaxed}, 50'000);
    expect_found<TwoLanes>({Site::F22, Order::relaxed}, 50'000);
    expect_found<Batched>({Site::F22, Order::relaxed}, 50'000);
}
TEST(LanesModel, finds_acq_rel_F22) {
    expect_found<TwoLanes>({Site::F22, Order::acq_rel}, 50'000);
}
TEST(LanesModel, finds_missing_F21_beside_a_death) {
    expect_found<Dying<>>({Site::F21, Order::relaxed}, 50'000);
}
TEST(LanesModel, finds_relaxed_R1) {
    expect_found<TwoLanes>({Site::R1, Order::relaxed}, 50'000);
}
TEST(LanesModel, finds_relaxed_A1) {
    expect_found<TwoLanes>({Site::A1, Order::relaxed}, 50'000);
}
TEST(LanesModel, finds_relaxed_R2) {
    expect_found<TwoLanes>({Site::R2, Order::relaxed}, 50'000);
}
TEST(LanesModel, finds_relaxed_A2) {
    expect_found<TwoLanes>({Site::A2, Order::relaxed}, 50'000);
}
TEST(LanesModel, finds_relaxed_R21) { // a fence since the last publish would stand in for it
    expect_found<Batched>({Site::R21, Order::relaxed}, 100'000);
}
TEST(LanesModel, finds_relaxed_A21) {
    expect_found<TwoLanes>({Site::A21, Order::relaxed}, 100'000);
}
TEST(LanesModel, finds_missing_F3) {
    expect_found<ForSpace>({Site::F3, Order::relaxed}, 50'000);
}
TEST(LanesModel, finds_missing_F4) {
    expect_found<ForSpace>({Site::F4, Order::relaxed}, 50'000);
}
TEST(LanesModel, finds_a_producer_that_sleeps_on_what_it_has_published) {
    expect_found<OneForSpace<Doing::waits_unflushed>>({}, 50'000);
}
TEST(LanesModel, finds_a_wake_that_is_not_done) {
    expect_found<Does<Doing::forgets_a_wake>>({}, 50'000);
}
TEST(LanesModel, finds_a_wait_that_does_not_latch) {
    expect_found<Does<Doing::does_not_latch>>({}, 50'000);
}
TEST(LanesModel, finds_a_sleep_that_was_not_announced) {
    expect_found<Does<Doing::sleeps_unannounced>>({}, 50'000);
}
TEST(LanesModel, finds_a_wake_that_a_dead_producer_has_claimed) {
    expect_found<Dying<Doing::wakes_as_it_would>>({}, 50'000);
}

} // namespace
} // namespace cw::model
