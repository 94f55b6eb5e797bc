// The executor's own duties around sleeping: no ring is left unarmed, no peer unrung, no list
// grows.
#include "couple.hpp"

#include <coroutine>
#include <thread>

namespace cw::test {
namespace {

using errand::Kind;

TEST(ExecutorWake, sleeps_when_there_is_nothing_to_do) {
    Couple couple{Path::ring};
    couple.run(Kind::depth, 64);
    const std::uint64_t waits = couple.serving.executor().statistics.waits.load();
    couple.world.run();
    EXPECT_EQ(couple.serving.executor().statistics.waits.load(), waits);
}

TEST(ExecutorWake, one_wake_for_a_batch) {
    Couple couple{Path::ring};
    const std::uint64_t to_service = couple.serving.bell.rings();
    const std::uint64_t to_caller = couple.calling.bell.rings();
    EXPECT_EQ(couple.run(Kind::depth, 64).right, 64u);
    EXPECT_EQ(couple.serving.bell.rings() - to_service, 1u);
    EXPECT_EQ(couple.calling.bell.rings() - to_caller, 2u); // the errand and its answers
}

TEST(ExecutorWake, a_ring_taken_from_while_another_is_closed_is_armed_again) {
    Couple couple{Path::ring};
    const Channel& other = couple.world.connect(couple.caller, couple.service);
    couple.world.run();
    couple.send(Kind::add_one, 1);
    couple.calling.step();
    couple.serving.step();
    couple.world.close_client_end(couple.caller, other); // seen in the same round as the answer
    couple.world.run();
    EXPECT_EQ(couple.returned().size(), 1u);
    EXPECT_EQ(couple.run(Kind::add_one, 2).right, 2u);
}

/// A client whose every answer is followed by its next request at once, as if it ran on another
/// hart.
struct BusyClient {
    RawClient& client;
    const Bell& other;
    std::uint64_t rounds = 0;
    std::uint64_t rung_after = 0;

    static inline BusyClient* current = nullptr;
    static abi::RawFuture serve(std::uint64_t*,
                                std::uint64_t,
                                std::uint64_t,
                                std::uint64_t,
                                std::uint64_t,
                                std::uint64_t,
                                std::uint64_t) {
        BusyClient& self = *current;
        if (self.rung_after == 0 && self.other.rung())
            self.rung_after = self.rounds;
        static_cast<void>(self.client.take());
        if (++self.rounds < 1000)
            self.client.submit(0, 1, {});
        return {0, 0};
    }
};

TEST(ExecutorWake, a_busy_client_does_not_keep_the_answer_of_another_from_it) {
    World world;
    ExecutorThread& serving = world.executor("serving");
    Module& service = world.load("service_a", serving);
    RawClient& quiet = world.raw_client(service);
    RawClient& busy = world.raw_client(service);
    world.run();
    BusyClient client{busy, quiet.bell};
    BusyClient::current = &client;
    service.methods.methods[0].invoke = reinterpret_cast<std::uint64_t>(&BusyClient::serve);
    EXPECT_TRUE(quiet.prepare_wait());
    quiet.submit(service.opcode("work.note"), 7, {1});
    busy.submit(0, 1, {});
    busy.flush();
    quiet.flush();
    world.run();
    EXPECT_EQ(quiet.take().size(), 1u);
    EXPECT_EQ(client.rounds, 1000u);
    EXPECT_NE(client.rung_after, 0u) << "it was rung only when the other client paused";
    EXPECT_LT(client.rung_after, 100u);
}

/// A coroutine of a module that does nothing but make itself ready again.
struct Yielding {
    struct promise_type {
        Ready ready{};
        Yielding get_return_object() {
            ready.coroutine = std::coroutine_handle<promise_type>::from_promise(*this).address();
            return {&ready};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
    Ready* ready;
};

struct Yield {
    const RuntimeOps& ops;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<Yielding::promise_type> self) const {
        ops.ready(&self.promise().ready);
    }
    void await_resume() const {}
};

Yielding yield_until(const RuntimeOps& ops, const Bell& bell, std::uint64_t& rounds) {
    while (!bell.rung() && ++rounds < 1000)
        co_await Yield{ops};
}

TEST(ExecutorWake, a_coroutine_that_is_never_done_does_not_keep_a_client_from_being_served) {
    Couple couple{Path::direct};
    RawClient& client = couple.world.raw_client(couple.service);
    couple.world.run();
    std::uint64_t rounds = 0;
    const Yielding yielding = yield_until(couple.calling.ops(), client.bell, rounds);
    yielding.ready->module = &couple.caller.state;
    {
        const PassingThread thread;
        couple.calling.ops().ready(yielding.ready);
    }
    EXPECT_TRUE(client.prepare_wait());
    client.submit(couple.service.opcode("work.add_one"), 1, {1});
    client.flush();
    couple.world.run();
    EXPECT_EQ(client.take().size(), 1u);
    EXPECT_LT(rounds, 100u);
}

TEST(ExecutorWake, what_the_kernel_said_before_a_request_is_done_before_it_is_served) {
    Couple couple{Path::ring};
    RawClient& client = couple.world.raw_client(couple.service);
    couple.world.run();
    const auto ask = [&](std::uint32_t cookie) {
        client.submit(couple.service.opcode("work.add_one"), cookie, {1});
        client.flush();
    };
    ask(1);
    couple.world.run(); // from now on its ring is the one that is looked at first
    EXPECT_EQ(client.take().size(), 1u);
    std::optional<std::size_t> answered;
    couple.serving.on_report = [&](const Told& told) {
        if (told.kind == abi::Report::relink)
            answered = client.take().size();
    };
    couple.serving.tell({.kind = abi::ControlKind::relink,
                         .index = 0,
                         .a = reinterpret_cast<std::uint64_t>(&couple.service.state),
                         .b = 0,
                         .c = 0,
                         .d = 0,
                         .e = 1,
                         .f = 0,
                         .reserved = 0});
    ask(2);
    couple.world.run();
    EXPECT_EQ(answered, std::size_t{0});
    EXPECT_EQ(client.take().size(), 1u);
}

TEST(ExecutorWake, control_entries_that_must_wait_do_not_grow_a_list) {
    Couple couple{Path::ring};
    const Watchdog watchdog{"an executor with a module that is busy elsewhere"};
    ModuleState& module = couple.caller.state;
    Ready entry{.coroutine = std::noop_coroutine().address(), .module = &module};
    // A thread passes through the caller while its channel is to be closed; meanwhile a coroutine
    // of it becomes ready.
    ASSERT_EQ(ModuleGate::enter(module.gate), Entry::inside);
    couple.world.close_client_end(couple.caller, *couple.channel);
    std::thread passing{[&] {
        const PassingThread thread;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        couple.calling.ops().ready(&entry);
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        if (ModuleGate::leave(module.gate))
            couple.calling.ops().gate_left(&module);
    }};
    couple.calling.step(); // until the other thread has left
    passing.join();
    couple.world.run();
    EXPECT_EQ(couple.calling.executor().clients[0].index, 0u);
    EXPECT_TRUE(couple.calling.executor().clients[0].closed);
    EXPECT_EQ(couple.calling.executor().errands.unarmed, 0u);
}

} // namespace
} // namespace cw::test
