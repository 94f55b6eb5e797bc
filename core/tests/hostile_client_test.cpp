// A client that writes whatever it likes into everything it can write: its index page and its
// slots. The server stays in bounds, closes the guilty end when its indices or messages are
// impossible, and goes on serving others.
#include "couple.hpp"
#include "hostile.hpp"

#include <algorithm>

namespace cw::test {
namespace {

std::uint64_t count(const std::vector<Told>& told, abi::Report kind) {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(told, [&](const Told& one) { return one.kind == kind; }));
}

struct HostileClient : testing::Test {
    World world;
    ExecutorThread& serving = world.executor("serving");
    Module& service = world.load("service_a", serving);
    RawClient& innocent = world.raw_client(service);
    RawClient& hostile = world.raw_client(service);

    HostileClient() {
        ticks.store(1, Order::relaxed);
        world.run();
    }
    [[nodiscard]] bool closed(const RawClient& client) {
        return serving.executor().servers[client.channel.server_index].closed;
    }
    void expect_guilty() {
        world.run();
        EXPECT_TRUE(closed(hostile));
        EXPECT_FALSE(closed(innocent));
        EXPECT_EQ(count(serving.take_reports(), abi::Report::end_faulted), 1u);
        expect_served();
    }
    void expect_served() {
        innocent.submit(service.opcode("work.add_one"), 5, {41});
        innocent.flush();
        world.run();
        const auto answers = innocent.take();
        ASSERT_EQ(answers.size(), 1u);
        EXPECT_EQ(answers[0].cookie, 5u);
        EXPECT_EQ(answers[0].words[0], 42u);
    }
    void write_tail(std::uint32_t tail) {
        hostile.channel.client_page().producer.tail.store(tail, Order::release);
        serving.bell.ring();
    }
};

TEST_F(HostileClient, a_tail_beyond_the_capacity_closes_the_end) {
    write_tail(abi::kFirstIndex + abi::kSubmissionSlots + 1);
    expect_guilty();
}
TEST_F(HostileClient, a_tail_that_goes_back_closes_the_end) {
    write_tail(abi::kFirstIndex - 1);
    expect_guilty();
}
TEST_F(HostileClient, an_unknown_method_closes_the_end) {
    hostile.submit(9, 1, {});
    hostile.flush();
    expect_guilty();
}
TEST_F(HostileClient, unknown_flags_close_the_end) {
    hostile.channel.submissions()[hostile.submissions.slot()].head.store(
        abi::message_head(1, 0, 0x8000), Order::relaxed);
    hostile.submissions.publish();
    hostile.flush();
    expect_guilty();
}
TEST_F(HostileClient, buffers_outside_of_its_areas_are_refused) {
    static const std::uint64_t secret[4] = {};
    Pages own{4096};
    hostile.channel.areas.areas[0] = {own.address(), 4096, 0};
    hostile.channel.areas.count = 1;
    const std::uint64_t base = own.address();
    const std::uint64_t wrong[][2] = {{reinterpret_cast<std::uint64_t>(secret), 8},
                                      {base - 1, 8},
                                      {base + 4089, 8},
                                      {base, 4097},
                                      {base + 8, ~std::uint64_t{0}},
                                      {~std::uint64_t{0}, 2},
                                      {base + 4097, ~std::uint64_t{4096}}};
    const std::uint16_t opcode = service.opcode("work.sum");
    for (const auto& [address, bytes] : wrong)
        hostile.submit(opcode, 1, {address, bytes});
    hostile.submit(opcode, 2, {base + 4088, 8});
    hostile.submit(opcode, 2, {0, 0});
    hostile.flush();
    world.run();
    const auto answers = hostile.take();
    ASSERT_EQ(answers.size(), std::size(wrong) + 2);
    for (const Message& answer : answers)
        EXPECT_EQ(answer.status, answer.cookie == 1 ? Status::not_permitted : Status::ok);
    expect_served();
}
TEST_F(HostileClient, suspended_requests_beyond_the_credits_close_the_end) {
    for (std::uint32_t i = 0; i < 100; ++i)
        hostile.submit(service.opcode("work.hold"), i, {77, 0});
    hostile.flush();
    expect_guilty();
}
TEST_F(HostileClient, cancellations_of_nothing_are_harmless) {
    for (std::uint32_t i = 0; i < 100; ++i)
        hostile.cancel(i * 0x01000193);
    hostile.flush();
    world.run();
    EXPECT_FALSE(closed(hostile));
    expect_served();
}

/// Random writes into everything that a client can write.
class Attack {
public:
    explicit Attack(std::uint64_t seed) : choices_{seed} {}

    /// Runs `tries` of them, with as many clients as it takes; how many ends were closed.
    std::uint64_t run(std::uint64_t tries) {
        std::uint64_t closed = 0;
        while (tries != 0) {
            World world;
            ExecutorThread& serving = world.executor("serving");
            Module& service = world.load("service_a", serving);
            RawClient& innocent = world.raw_client(service);
            Pages own{4096};
            for (unsigned ends = 0; ends < 60 && tries != 0; ++ends, ++closed) {
                Channel& channel = world.raw_client(service).channel;
                channel.areas.areas[0] = {own.address(), 4096, 1};
                channel.areas.count = 1;
                world.run();
                const ServerEnd& end = serving.executor().servers[channel.server_index];
                while (tries != 0 && !end.closed) {
                    --tries;
                    client_.write_something(channel, service.methods.count, own.address());
                    ticks.fetch_add(choices_.pick(3), Order::relaxed);
                    serving.step();
                    if (choices_.pick(256) == 0)
                        expect_served(world, service, innocent);
                }
                world.close_server_end(service, channel);
                world.run();
                expect_served(world, service, innocent);
            }
            EXPECT_EQ(innocent_left_, 0u);
        }
        return closed;
    }

private:
    void expect_served(World& world, Module& service, RawClient& innocent) {
        innocent.submit(service.opcode("work.add_one"), 5, {41});
        innocent.flush();
        ++innocent_left_;
        world.run();
        for (const Message& answer : innocent.take()) {
            EXPECT_EQ(answer.cookie, 5u);
            EXPECT_EQ(answer.status, Status::ok);
            EXPECT_EQ(answer.words[0], 42u);
            --innocent_left_;
        }
    }

    RandomChoices choices_;
    WritingClient<RandomChoices> client_{choices_};
    std::uint64_t innocent_left_ = 0;
};

class HostileClientAttack : public testing::TestWithParam<std::uint64_t> {};

TEST_P(HostileClientAttack, random_writes_never_leave_the_bounds) {
    const Watchdog watchdog{"the attack", std::chrono::seconds{100}};
    const std::uint64_t closed = Attack{GetParam()}.run(CW_TEST_TRIES);
    RecordProperty("closed", std::to_string(closed));
    EXPECT_GT(closed, 10u);
}
INSTANTIATE_TEST_SUITE_P(Seeds, HostileClientAttack, testing::Range<std::uint64_t>(1, 5));

} // namespace
} // namespace cw::test
