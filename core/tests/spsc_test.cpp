// The typed ring: slots in place and copied, the end of the array, sleep for data and for space, a
// peer that lies, and memory that is mapped twice.
#include <cw/core/spsc.hpp>
#include <gtest/gtest.h>
#include <memory>

namespace cw {
namespace {

struct Message {
    std::uint64_t number;
    std::uint32_t more[3];
};
constexpr std::uint32_t kCapacity = 8;
using Memory = SpscRing<Message, kCapacity>;

struct SpscTest : testing::Test {
    std::unique_ptr<Memory> memory = [] {
        auto made = std::make_unique<Memory>();
        made->initialise();
        return made;
    }();
    SpscProducer<Message> producer = memory->make_producer();
    SpscConsumer<Message> consumer = memory->make_consumer();
};

TEST_F(SpscTest, roles_have_pages_of_their_own) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&memory->producer) % Memory::kPage, 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&memory->consumer) % Memory::kPage, 0u);
    EXPECT_EQ(sizeof(memory->producer) % Memory::kPage, 0u);
    EXPECT_TRUE(std::is_standard_layout_v<Memory>);
}

TEST_F(SpscTest, another_type_is_told_from_this_one) {
    EXPECT_TRUE(memory->valid());
    EXPECT_FALSE(
        (reinterpret_cast<const SpscRing<std::uint64_t, kCapacity>*>(memory.get())->valid()));
    EXPECT_FALSE((reinterpret_cast<const SpscRing<Message, 16>*>(memory.get())->valid()));
    EXPECT_FALSE(std::make_unique<Memory>()->valid());
}

TEST_F(SpscTest, a_header_is_valid_only_when_it_is_complete) {
    EXPECT_TRUE(memory->header.ready());
    // As one whose creator died before the last store: the magic.
    __builtin_memset(static_cast<void*>(&memory->header), 0, sizeof(std::uint64_t));
    EXPECT_FALSE(memory->valid());
    EXPECT_FALSE(memory->header.ready());
}

TEST_F(SpscTest, messages_come_in_order_until_it_is_full) {
    std::uint64_t sent = 0, received = 0;
    Message message;
    for (int round = 0; round < 1000; ++round) {
        while (producer.push({sent, {}}))
            ++sent;
        EXPECT_EQ(sent - received, kCapacity);
        for (int n = 0; n < 1 + round % 8; ++n) {
            ASSERT_TRUE(consumer.pop(message));
            ASSERT_EQ(message.number, received++);
        }
    }
    while (consumer.pop(message))
        ++received;
    EXPECT_EQ(received, sent);
}

TEST_F(SpscTest, several_are_copied_in_and_out_at_once) {
    std::uint64_t sent = 0, received = 0;
    for (std::uint32_t round = 0; round < 1000; ++round) {
        std::vector<Message> some(round % (kCapacity + 2));
        for (std::size_t i = 0; i < some.size(); ++i)
            some[i].number = sent + i;
        const std::uint64_t room = kCapacity - (sent - received);
        ASSERT_EQ(producer.push_some(some), std::min<std::uint64_t>(some.size(), room));
        sent += std::min<std::uint64_t>(some.size(), room);
        std::vector<Message> taken(round % 7);
        const std::size_t count = consumer.pop_some(taken);
        ASSERT_EQ(count, std::min<std::uint64_t>(taken.size(), sent - received));
        for (std::size_t i = 0; i < count; ++i)
            ASSERT_EQ(taken[i].number, received++);
    }
    EXPECT_GT(received, 1000u);
}

TEST_F(SpscTest, slots_may_be_filled_and_read_in_place) {
    std::uint64_t sent = 0, received = 0;
    for (int round = 0; round < 1000; ++round) {
        const auto room = producer.reserve(1 + static_cast<std::uint32_t>(round) % 5);
        for (Message& message : room)
            message.number = sent++;
        producer.commit(room.size());
        const auto messages = consumer.peek(3);
        for (const Message& message : messages)
            ASSERT_EQ(message.number, received++);
        consumer.release(messages.size());
    }
    EXPECT_GT(received, 1500u);
    EXPECT_LE(producer.reserve(100).size(), kCapacity);
}

TEST_F(SpscTest, sleepers_are_woken_once) {
    EXPECT_TRUE(consumer.prepare_wait());
    ASSERT_TRUE(producer.push({1, {}}));
    EXPECT_TRUE(producer.flush());
    ASSERT_TRUE(producer.push({2, {}}));
    EXPECT_FALSE(producer.flush());
    while (producer.push({3, {}})) {
    }
    EXPECT_TRUE(producer.prepare_wait());
    EXPECT_FALSE(consumer.wake_producer()) << "nothing was given back";
    Message message;
    ASSERT_TRUE(consumer.pop(message));
    ASSERT_TRUE(consumer.pop(message));
    EXPECT_TRUE(consumer.wake_producer());
    EXPECT_FALSE(consumer.wake_producer());
    EXPECT_FALSE(consumer.prepare_wait());
    EXPECT_FALSE(producer.prepare_wait());
}

TEST_F(SpscTest, a_peer_that_lies_gets_nothing_any_more) {
    Message message;
    memory->producer.words.tail.store(abi::kFirstIndex + kCapacity + 1, Order::release);
    EXPECT_FALSE(consumer.pop(message));
    EXPECT_TRUE(consumer.peek(8).empty());
    EXPECT_TRUE(consumer.faulted());
    memory->consumer.words.head.store(abi::kFirstIndex + 100, Order::release);
    while (producer.push({})) {
    }
    EXPECT_TRUE(producer.faulted());
    EXPECT_TRUE(producer.reserve(8).empty());
    EXPECT_FALSE(producer.prepare_wait()) << "nobody would wake it";
}

} // namespace
} // namespace cw
