// What happens when a peer ends: pending calls complete with peer_died, suspended handlers are
// told, and nobody touches its memory any more.
#include "couple.hpp"

#include <algorithm>

namespace cw::test {
namespace {

using errand::Kind;

constexpr std::uint64_t kDied = static_cast<std::uint64_t>(Status::peer_died);

struct ExecutorDeath : testing::Test {
    Couple couple{Path::ring};

    static std::uint64_t count(const std::vector<Told>& told, abi::Report kind) {
        return static_cast<std::uint64_t>(
            std::ranges::count_if(told, [&](const Told& one) { return one.kind == kind; }));
    }
    /// The service's domain ends: it does not run again, and the kernel tells the caller.
    void kill_service() {
        couple.world.close_client_end(couple.caller, *couple.channel);
        couple.calling.step();
    }
    /// A client whose call the service holds until it is told to release 7.
    RawClient& held_call() {
        RawClient& client = couple.world.raw_client(couple.service);
        couple.world.run();
        client.submit(couple.service.opcode("work.hold"), 1, {7, 1});
        client.flush();
        couple.world.run();
        return client;
    }
};

TEST_F(ExecutorDeath, calls_in_flight_complete_with_peer_died) {
    for (std::uint64_t key = 0; key < 40; ++key)
        couple.send(Kind::hold, 1, key);
    couple.world.run();
    kill_service();
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 40u);
    for (const errand::Findings& findings : all)
        EXPECT_EQ(findings.status, kDied);
    EXPECT_EQ(count(couple.calling.take_reports(), abi::Report::end_closed), 1u);
}

TEST_F(ExecutorDeath, calls_that_wait_for_a_credit_complete_too) {
    couple.send(Kind::order, 128);
    couple.calling.step();
    kill_service();
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].status, kDied);
    EXPECT_EQ(all[0].right, 0u);
}

TEST_F(ExecutorDeath, later_calls_are_refused_at_once) {
    kill_service();
    couple.send(Kind::add_one, 100);
    couple.calling.step();
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].status, kDied);
}

TEST_F(ExecutorDeath, nobody_touches_the_memory_of_a_closed_channel) {
    couple.send(Kind::hold, 1, 7);
    couple.world.run();
    kill_service();
    couple.channel->client_segment.take_away();
    couple.channel->server_segment.take_away();
    EXPECT_EQ(couple.returned().size(), 1u);
    couple.send(Kind::add_one, 3);
    couple.send(Kind::depth, 100);
    couple.calling.step();
    EXPECT_EQ(couple.returned().size(), 2u);
}

TEST_F(ExecutorDeath, an_answer_behind_the_end_is_not_looked_at) {
    couple.send(Kind::add_one, 1);
    couple.calling.step();
    couple.serving.step(); // the answer is in the ring, the end comes before the caller looks
    kill_service();
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].status, kDied);
}

TEST_F(ExecutorDeath, given_up_calls_are_freed_when_the_peer_ends) {
    couple.send(Kind::hold_until, 100, 7);
    couple.world.run();
    ticks.store(100, Order::relaxed);
    couple.world.run();
    EXPECT_EQ(couple.returned().size(), 1u);
    kill_service();
    const auto told = couple.calling.take_reports();
    ASSERT_EQ(count(told, abi::Report::end_closed), 1u);
    const auto closed = std::ranges::find(told, abi::Report::end_closed, &Told::kind);
    EXPECT_EQ(closed->c, 1u) << "an entry of the pool is still in use";
}

TEST_F(ExecutorDeath, handlers_of_a_client_that_ended_are_cancelled) {
    RawClient& client = couple.world.raw_client(couple.service);
    couple.world.run();
    client.submit(couple.service.opcode("work.sleep_until"), 1, {1'000'000});
    client.flush();
    couple.world.run();
    couple.world.close_server_end(couple.service, client.channel);
    couple.world.run();
    EXPECT_EQ(couple.journal.cancelled, 1u);
    EXPECT_EQ(count(couple.serving.take_reports(), abi::Report::end_closed), 1u);
    EXPECT_TRUE(client.take().empty());
}

TEST_F(ExecutorDeath, the_end_is_reported_when_the_last_handler_has_gone) {
    RawClient& client = held_call();
    couple.world.close_server_end(couple.service, client.channel);
    couple.world.run();
    EXPECT_EQ(count(couple.serving.take_reports(), abi::Report::end_closed), 0u);
    client.channel.client_segment.take_away();
    client.channel.server_segment.take_away();
    EXPECT_EQ(couple.outside("work.release", 7), 1u);
    EXPECT_EQ(count(couple.serving.take_reports(), abi::Report::end_closed), 1u);
}

TEST_F(ExecutorDeath, a_removal_does_not_wait_for_handlers) {
    RawClient& client = held_call();
    couple.world.close_server_end(couple.service, client.channel);
    couple.world.remove_module(couple.service);
    couple.world.run();
    const auto told = couple.serving.take_reports();
    EXPECT_EQ(count(told, abi::Report::end_closed), 0u);
    EXPECT_EQ(count(told, abi::Report::module_removed), 1u);
}

TEST_F(ExecutorDeath, a_module_that_is_removed_gives_the_pools_of_closed_channels_back) {
    couple.send(Kind::hoard, 3, 1'000'000);
    couple.world.run();
    kill_service();
    const auto closed = couple.calling.take_reports();
    ASSERT_EQ(count(closed, abi::Report::end_closed), 1u);
    EXPECT_EQ(std::ranges::find(closed, abi::Report::end_closed, &Told::kind)->c, 0u);
    couple.world.remove_module(couple.caller);
    couple.world.run();
    const auto removed = couple.calling.take_reports();
    ASSERT_EQ(count(removed, abi::Report::end_closed), 1u);
    EXPECT_EQ(std::ranges::find(removed, abi::Report::end_closed, &Told::kind)->c, 1u);
}

} // namespace
} // namespace cw::test
