// Four producers and a consumer that sleeps: no message, no wake-up and no end of a lane is lost.
// A lost wake-up is a hang, which the watchdog names.
#include "fake_host.hpp"
#include "processes.hpp"

#include <cw/core/lanes.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

namespace cw::test {
namespace {

constexpr std::uint32_t kLanes = 4, kCapacity = 64;
struct Message {
    std::uint64_t number, copies[7];
};
using Memory = Lanes<Message, kLanes, kCapacity>;

struct Load {
    std::uint64_t messages; ///< Of each producer.
    std::uint64_t batch;
};

struct LanesStress : testing::TestWithParam<std::uint64_t> {
    std::unique_ptr<Memory> memory = std::make_unique<Memory>();
    Bell consumer_bell, space[kLanes];
    std::uint64_t claims[kLanes]{};

    LanesStress() { memory->initialise(); }

    void produce(std::uint32_t lane, Load load) {
        auto producer = memory->make_producer(lane);
        const auto wake_if = [&](bool wanted) {
            claims[lane] += wanted ? 1 : 0;
            if (wanted)
                consumer_bell.ring();
        };
        for (std::uint64_t sent = 0; sent < load.messages;) {
            const std::uint64_t most = 1 + (sent * 7 + lane) % load.batch;
            const auto room =
                producer.reserve(static_cast<std::uint32_t>(std::min(most, load.messages - sent)));
            if (room.empty()) {
                wake_if(producer.flush());
                if (producer.prepare_wait())
                    space[lane].wait(~std::uint64_t{0});
                continue;
            }
            for (Message& message : room) {
                message.number = sent++;
                for (std::uint64_t& copy : message.copies)
                    copy = message.number;
            }
            producer.commit(room.size());
            if (sent % 3 == 0)
                wake_if(producer.flush());
        }
        wake_if(producer.close());
    }
};

TEST_P(LanesStress, four_producers_and_a_consumer_that_sleeps) {
    const Watchdog watchdog{"the lanes stress test"};
    const Load load{std::uint64_t{CW_TEST_MESSAGES} / (GetParam() == 1 ? 40u : 8u), GetParam()};
    std::vector<std::thread> threads;
    for (std::uint32_t lane = 0; lane < kLanes; ++lane)
        threads.emplace_back([this, lane, load] { produce(lane, load); });
    auto consumer = memory->make_consumer();
    std::uint64_t received[kLanes]{}, wrong = 0, sleeps = 0;
    while (consumer.open() != 0) {
        const auto batch = consumer.next(16);
        if (batch.messages.empty()) {
            if (consumer.open() != 0 && consumer.prepare_wait()) {
                ++sleeps;
                consumer_bell.wait(~std::uint64_t{0});
                consumer.awake();
            }
            continue;
        }
        for (const Message& message : batch.messages) {
            const std::uint64_t expected = received[batch.lane]++;
            wrong += message.number != expected || message.copies[6] != expected ? 1 : 0;
        }
        consumer.done(batch);
        if (consumer.wake_producer(batch.lane))
            space[batch.lane].ring();
    }
    for (std::thread& thread : threads)
        thread.join();
    for (std::uint32_t lane = 0; lane < kLanes; ++lane)
        EXPECT_EQ(received[lane], load.messages);
    EXPECT_EQ(wrong, 0u);
    EXPECT_GT(sleeps, 0u) << "nobody slept: this was no test of wake-ups";
    const std::uint64_t all = claims[0] + claims[1] + claims[2] + claims[3];
    EXPECT_EQ(all, consumer_bell.rings());
    RecordProperty("sleeps", std::to_string(sleeps));
    RecordProperty("wakes", std::to_string(all));
}

INSTANTIATE_TEST_SUITE_P(Batches, LanesStress, testing::Values(1, 8, 64));

TEST(LanesDeath, a_producer_that_is_killed_harms_its_own_lane_only) {
    SharedMemory<Memory> memory;
    for (int kills = 0; kills < 50; ++kills) {
        memory->initialise();
        KilledChild child{[&](std::atomic<std::uint64_t>& progress) {
            auto producer = memory->make_producer(0);
            for (std::uint64_t sent = 0;; ++sent) {
                while (!producer.push({sent, {sent, sent, sent, sent, sent, sent, sent}}))
                    progress.store(sent, std::memory_order_relaxed); // full: it will die here
                static_cast<void>(producer.flush());
                if (sent > 20)
                    progress.store(sent, std::memory_order_relaxed);
            }
        }};
        auto consumer = memory->make_consumer();
        auto other = memory->make_producer(1);
        ASSERT_TRUE(other.push({}));
        memory->make_producer(0).close_behind_dead();
        std::uint64_t received[kLanes]{};
        for (auto batch = consumer.next(); !batch.messages.empty(); batch = consumer.next()) {
            for (const Message& message : batch.messages) {
                EXPECT_EQ(message.number, received[batch.lane]);
                EXPECT_EQ(message.copies[6], received[batch.lane]);
                ++received[batch.lane];
            }
            consumer.done(batch);
        }
        EXPECT_EQ(consumer.open(), 0b1110u);
        EXPECT_FALSE(consumer.faulted(0));
        EXPECT_GE(received[0], child.progress());
        EXPECT_EQ(received[1], 1u);
    }
}

void wake(Memory& memory) {
    futex_wake(memory.bell.words.epoch);
}
/// Sends until it has sent `messages`, or for ever, and closes.
int send_from_process(Memory& memory, std::uint32_t lane, std::uint64_t messages) {
    auto producer = memory.make_producer(lane);
    for (std::uint64_t sent = 0; sent < messages;) {
        if (producer.push({sent, {sent, sent, sent, sent, sent, sent, sent}}))
            ++sent;
        else
            usleep(1);
        if (producer.flush())
            wake(memory);
    }
    if (producer.close())
        wake(memory);
    return 0;
}
/// Takes until all lanes have ended; 0 if all messages were right and lanes 1 and 2 have had all.
int consume_in_process(Memory& memory, std::uint64_t messages) {
    auto consumer = memory.make_consumer();
    std::uint64_t received[kLanes]{};
    while (consumer.open() != 0) {
        const auto batch = consumer.next(8);
        for (const Message& message : batch.messages) {
            if (message.number != received[batch.lane]++ || message.copies[6] != message.number)
                return 1;
        }
        if (!batch.messages.empty()) {
            consumer.done(batch);
        } else if (consumer.open() != 0 && consumer.prepare_wait()) {
            futex_sleep(memory.bell.words.epoch, consumer.sleeping());
            consumer.awake();
        }
    }
    return received[1] == messages && received[2] == messages ? 0 : 2;
}

TEST(LanesDeath, a_consumer_that_sleeps_outlives_any_producer) {
    constexpr std::uint64_t kMessages = 300;
    SharedMemory<Memory> memory;
    for (unsigned kills = 0; kills < 40; ++kills) {
        memory->initialise();
        const pid_t consumer = run_child([&] { return consume_in_process(*memory, kMessages); });
        const pid_t victim = run_child([&] { return send_from_process(*memory, 0, ~0ull); });
        pid_t others[2];
        for (std::uint32_t lane = 1; lane <= 2; ++lane)
            others[lane - 1] =
                run_child([&] { return send_from_process(*memory, lane, kMessages); });
        memory->make_producer(3).close_behind_dead(); // nobody was ever there
        usleep(kills * 40);
        kill(victim, SIGKILL);
        EXPECT_FALSE(succeeded(victim));
        memory->make_producer(0).close_behind_dead();
        wake(*memory); // in any case: it may have claimed the wake
        EXPECT_TRUE(succeeded(others[0]) && succeeded(others[1]));
        EXPECT_TRUE(succeeded(consumer)) << "a message or a wake-up was lost";
    }
}

} // namespace
} // namespace cw::test
