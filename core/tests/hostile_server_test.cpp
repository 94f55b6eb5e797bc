// A server that answers whatever it likes. The client stays in bounds, completes each of its calls
// once, closes the guilty end, and goes on.
#include "couple.hpp"
#include "hostile.hpp"

#include <algorithm>

namespace cw::test {
namespace {

using errand::Kind;

constexpr std::uint64_t kDied = static_cast<std::uint64_t>(Status::peer_died);

struct HostileServer : testing::Test {
    World world;
    ExecutorThread& calling = world.executor("calling");
    ExecutorThread& serving = world.executor("serving");
    Module& caller = world.load("caller_a", calling);
    Module& other = world.load("caller_b", calling);
    Module& service = world.load("service_a", serving);
    RawServer& hostile = world.raw_server(caller, service);
    RawClient& client = world.raw_client(caller);
    RawClient& client_of_other = world.raw_client(other);

    HostileServer() {
        ticks.store(1, Order::relaxed);
        world.link(other, service, Path::ring);
        world.run();
    }
    void send(RawClient& from, Kind kind, std::uint64_t count) {
        from.submit(0, 1, {static_cast<std::uint64_t>(kind), count, 0});
        from.flush();
        world.run();
    }
    [[nodiscard]] bool closed() {
        return calling.executor().clients[hostile.channel.client_index].closed;
    }
    /// One call is in flight; its cookie.
    std::uint32_t call() {
        send(client, Kind::add_one, 1);
        const auto requests = hostile.take();
        EXPECT_EQ(requests.size(), 1u);
        return requests.empty() ? 0 : requests[0].cookie;
    }
    void expect_guilty() {
        hostile.flush();
        calling.bell.ring();
        world.run();
        EXPECT_TRUE(closed());
        const auto answers = client.take();
        ASSERT_EQ(answers.size(), 1u) << "the call did not complete";
        EXPECT_EQ(answers[0].words[0], kDied);
        const auto told = calling.take_reports();
        EXPECT_EQ(std::ranges::count(told, abi::Report::end_faulted, &Told::kind), 1);
        send(client_of_other, Kind::add_one, 3);
        const auto others = client_of_other.take();
        ASSERT_EQ(others.size(), 1u);
        EXPECT_EQ(others[0].words[1], 3u);
    }
};

TEST_F(HostileServer, an_honest_answer_completes_the_call) {
    hostile.answer(call(), Status::ok, {1});
    hostile.flush();
    world.run();
    EXPECT_FALSE(closed());
    const auto answers = client.take();
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].words[1], 1u);
}
TEST_F(HostileServer, an_answer_to_nothing_closes_the_end) {
    hostile.answer(call() + 1, Status::ok, {1});
    expect_guilty();
}
TEST_F(HostileServer, an_answer_of_another_generation_closes_the_end) {
    hostile.answer(call() + kCookieStep, Status::ok, {1});
    expect_guilty();
}
TEST_F(HostileServer, an_answer_under_the_second_cookie_of_an_entry_closes_the_end) {
    hostile.answer(call() | kCarrierBit, Status::ok, {1});
    expect_guilty();
}
TEST_F(HostileServer, an_unknown_status_closes_the_end) {
    hostile.answer(call(), static_cast<Status>(kLastStatus + 1), {1});
    expect_guilty();
}
TEST_F(HostileServer, flags_in_an_answer_close_the_end) {
    const std::uint64_t head = abi::message_head(call(), 0, 1);
    hostile.channel.completions()[hostile.completions.slot()].head.store(head, Order::relaxed);
    hostile.completions.publish();
    expect_guilty();
}
TEST_F(HostileServer, a_second_answer_closes_the_end) {
    const std::uint32_t cookie = call();
    hostile.answer(cookie, Status::refused, {});
    hostile.answer(cookie, Status::ok, {1});
    hostile.flush();
    world.run();
    EXPECT_TRUE(closed());
    const auto answers = client.take();
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].words[0], static_cast<std::uint64_t>(Status::refused));
}
TEST_F(HostileServer, a_tail_beyond_the_capacity_closes_the_end) {
    call();
    hostile.channel.server_page().producer.tail.store(abi::kFirstIndex + abi::kCompletionSlots + 1,
                                                      Order::release);
    expect_guilty();
}
TEST_F(HostileServer, a_tail_that_goes_back_closes_the_end) {
    call();
    hostile.channel.server_page().producer.tail.store(abi::kFirstIndex - 1, Order::release);
    expect_guilty();
}
TEST_F(HostileServer, an_impossible_head_does_not_stop_the_client) {
    hostile.channel.server_page().consumer.head.store(abi::kFirstIndex + 77, Order::release);
    send(client, Kind::depth, 100);
    EXPECT_FALSE(closed());
    world.close_client_end(caller, hostile.channel);
    world.run();
    EXPECT_EQ(client.take().size(), 1u);
}

/// Random answers from a server that knows the cookies, among them right ones.
class Attack {
public:
    explicit Attack(std::uint64_t seed) : choices_{seed} {}

    std::uint64_t run(std::uint64_t tries) {
        std::uint64_t closed = 0;
        while (tries != 0) {
            World world;
            ExecutorThread& calling = world.executor("calling");
            ExecutorThread& serving = world.executor("serving");
            Module& caller = world.load("caller_a", calling);
            Module& service = world.load("service_a", serving);
            RawClient& client = world.raw_client(caller);
            world.run();
            std::uint64_t open = 0;
            for (unsigned ends = 0; ends < 60 && tries != 0; ++ends, ++closed) {
                RawServer& server = world.raw_server(caller, service);
                world.run();
                server_.forget();
                const ClientEnd& end = calling.executor().clients[server.channel.client_index];
                while (tries != 0 && !end.closed) {
                    --tries;
                    if (open < 50) {
                        ++open;
                        client.submit(
                            0, 1, {choices_.pick(2) == 0 ? 0u : 3u, 1 + choices_.pick(20), 0});
                        client.flush();
                        calling.step();
                    }
                    server_.write_something(server);
                    calling.step();
                    open -= client.take().size();
                }
                world.close_client_end(caller, server.channel);
                world.run();
                open -= client.take().size();
                EXPECT_EQ(open, 0u) << "a call did not complete although its server has ended";
            }
            if (testing::Test::HasFailure())
                break;
        }
        return closed;
    }

private:
    RandomChoices choices_;
    WritingServer<RandomChoices> server_{choices_};
};

class HostileServerAttack : public testing::TestWithParam<std::uint64_t> {};

TEST_P(HostileServerAttack, random_answers_never_leave_the_bounds) {
    const Watchdog watchdog{"the attack", std::chrono::seconds{100}};
    const std::uint64_t closed = Attack{GetParam()}.run(CW_TEST_TRIES);
    RecordProperty("closed", std::to_string(closed));
    EXPECT_GT(closed, 10u);
}
INSTANTIATE_TEST_SUITE_P(Seeds, HostileServerAttack, testing::Range<std::uint64_t>(1, 5));

} // namespace
} // namespace cw::test
