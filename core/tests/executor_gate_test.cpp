// Guarantees 2, 3 and 4 within a domain: modules are never entered twice, nothing overtakes, no
// cycle deadlocks; and threads that pass through.
#include "couple.hpp"
#include "passing.hpp"

#include <algorithm>
#include <cw/core/arch/context.hpp>
#include <thread>

namespace cw::test {
namespace {

using errand::Kind;

struct ExecutorGate : testing::Test {
    World world;
    ExecutorThread& calling = world.executor("calling");
    ExecutorThread& serving = world.executor("serving");
    Module& caller = world.load("caller_a", calling);
    Module& service = world.load("service_a", serving);
    work::Journal& journal = *service.file.symbol<work::Journal>("work_journal");
    Passing passing{service, caller};
    PassingThread thread;

    ExecutorGate() { world.run(); }

    void expect_notes(const std::vector<std::uint64_t>& expected) const {
        EXPECT_EQ(std::vector(journal.notes, journal.notes + journal.note_count), expected);
    }
};

TEST_F(ExecutorGate, a_free_module_is_entered_at_once) {
    const abi::RawFuture answer = passing.call("work.add_one", 41);
    EXPECT_EQ(answer.state, 0u);
    EXPECT_EQ(answer.value, 42u);
    EXPECT_EQ(service.state.gate.load(Order::relaxed), 0u);
}

TEST_F(ExecutorGate, a_busy_module_gets_a_request) {
    ASSERT_EQ(ModuleGate::enter(service.state.gate), Entry::inside); // somebody else
    const abi::RawFuture answer = passing.call("work.note", 1);
    EXPECT_GT(answer.state, abi::kMaxErrorState);
    EXPECT_EQ(journal.note_count, 0u);
    EXPECT_TRUE(ModuleGate::leave(service.state.gate));
    serving.ops().gate_left(&service.state);
    world.run();
    expect_notes({1});
    EXPECT_EQ(Passing::pending(answer).outcome.state(), PendingState::done);
    EXPECT_EQ(service.state.gate.load(Order::relaxed), 0u);
}

TEST_F(ExecutorGate, a_caller_behind_older_requests_does_not_overtake_and_does_not_keep_the_gate) {
    ASSERT_EQ(ModuleGate::enter(service.state.gate), Entry::inside);
    static_cast<void>(passing.call("work.note", 1));
    EXPECT_TRUE(ModuleGate::leave(service.state.gate));
    serving.ops().gate_left(&service.state); // the home executor has not run yet
    static_cast<void>(passing.call("work.note", 2));
    static_cast<void>(passing.call("work.note", 3));
    world.run();
    expect_notes({1, 2, 3});
    const abi::RawFuture answer = passing.call("work.note", 4);
    EXPECT_EQ(answer.state, 0u) << "the module is stuck";
    expect_notes({1, 2, 3, 4});
}

TEST_F(ExecutorGate, a_caller_with_little_stack_left_queues) {
    thread.context.stack_limit = ~std::uint64_t{0};
    EXPECT_GT(passing.call("work.note", 1).state, abi::kMaxErrorState);
    thread.context.stack_limit = 0;
    EXPECT_GT(passing.call("work.note", 2).state, abi::kMaxErrorState);
    world.run();
    expect_notes({1, 2});
}

TEST_F(ExecutorGate, an_empty_pool_refuses_before_anything_has_started) {
    ASSERT_EQ(ModuleGate::enter(service.state.gate), Entry::inside);
    for (std::uint32_t i = 0; i < kPoolPendings; ++i)
        EXPECT_GT(passing.call("work.note", i).state, abi::kMaxErrorState);
    EXPECT_EQ(passing.call("work.note", 99).state, static_cast<std::uint64_t>(Status::no_memory));
    EXPECT_TRUE(ModuleGate::leave(service.state.gate));
    serving.ops().gate_left(&service.state);
    world.run();
    EXPECT_EQ(journal.note_count, kPoolPendings);
}

TEST_F(ExecutorGate, a_request_that_comes_while_the_home_executor_is_inside_is_not_forgotten) {
    RawClient& client = world.raw_client(service);
    world.run();
    // A handler of the service, run by its home executor, during which another thread calls.
    static Passing* visitor = nullptr;
    visitor = &passing;
    const InvokeFn visited = [](std::uint64_t*, auto...) {
        const PassingThread other;
        EXPECT_GT(visitor->call("work.note", 5).state, abi::kMaxErrorState);
        return abi::RawFuture{0, 0};
    };
    service.methods.methods[0].invoke = reinterpret_cast<std::uint64_t>(visited);
    client.submit(0, 1, {});
    client.flush();
    world.run();
    expect_notes({5});
}

// FIXME: a module on a passing thread uses its home executor's deadline heap and list of dirty
// rings, which only the home's own thread may touch, and nobody rings the home for it: the sleep
// below never ends, the call is never flushed, and with two threads the lists are corrupted.
TEST_F(ExecutorGate, DISABLED_a_handler_that_sleeps_is_woken_although_another_thread_started_it) {
    const abi::RawFuture answer = passing.call("work.sleep_until", 50);
    ASSERT_GT(answer.state, abi::kMaxErrorState);
    world.run();
    ticks.store(50, Order::relaxed);
    world.run();
    EXPECT_EQ(Passing::pending(answer).outcome.state(), PendingState::done);
    ticks.store(1, Order::relaxed);
}

TEST_F(ExecutorGate, DISABLED_a_call_by_ring_made_on_a_passing_thread_is_flushed) {
    world.link(caller, service, Path::ring);
    world.run();
    const abi::ProvideRecord& run = caller.provide("errand.run");
    Edge edge{};
    edge.client = &service.state; // any pool will do
    edge.reply_words = run.shape.reply_words;
    const abi::Slot slot{reinterpret_cast<void (*)()>(run.direct), &edge};
    std::uint64_t reply[6];
    using Function = abi::RawFuture (*)(
        const abi::Slot*, std::uint64_t*, std::uint64_t, std::uint64_t, std::uint64_t);
    const abi::RawFuture answer = reinterpret_cast<Function>(run.direct)(
        &slot, reply, static_cast<std::uint64_t>(Kind::add_one), 3, 0);
    ASSERT_GT(answer.state, abi::kMaxErrorState);
    world.run();
    EXPECT_EQ(Passing::pending(answer).outcome.state(), PendingState::done);
}

TEST(ExecutorCycle, a_calls_b_calls_a_neither_deadlocks_nor_enters_twice) {
    for (const Path back : {Path::direct, Path::ring}) {
        World world;
        ExecutorThread& home = world.executor("home");
        Module& first = world.load("chain_a", home);
        Module& second = world.load("chain_b", home);
        world.link(first, second, Path::direct);
        world.link(second, first, back);
        RawClient& client = world.raw_client(first);
        world.run();
        client.submit(first.opcode("chain.down"), 1, {20});
        client.flush();
        world.run();
        const auto answers = client.take();
        ASSERT_EQ(answers.size(), 1u);
        EXPECT_EQ(answers[0].status, Status::ok);
        EXPECT_EQ(answers[0].words[0], 20u);
        EXPECT_EQ(*first.file.symbol<std::uint64_t>("chain_overlaps"), 0u);
        EXPECT_EQ(*second.file.symbol<std::uint64_t>("chain_overlaps"), 0u);
    }
}

} // namespace
} // namespace cw::test
