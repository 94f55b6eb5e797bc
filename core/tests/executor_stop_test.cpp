// Modules that never run again: who calls, who waits, and what they wait for themselves.
#include "couple.hpp"
#include "passing.hpp"

#include <algorithm>
#include <cw/core/stop.hpp>

namespace cw::test {
namespace {

constexpr auto kPeerDied = static_cast<std::uint64_t>(Status::peer_died);

struct ExecutorStop : testing::Test {
    World world;
    ExecutorThread& calling = world.executor("calling");
    ExecutorThread& serving = world.executor("serving");
    Module& caller = world.load("caller_a", calling);
    Module& service = world.load("service_a", serving);
    work::Journal& journal = *service.file.symbol<work::Journal>("work_journal");
    Passing passing{service, caller};
    PassingThread thread;

    ExecutorStop() {
        world.run();
        static_cast<void>(calling.take_reports());
    }

    /// As the kernel does when the service's executor has let it go.
    void refuse() { refuse_calls(caller.state.pendings, caller.state.pool_entries, service.state); }
    static void remove(Module& module) {
        module.home.tell({.kind = abi::ControlKind::remove_module,
                          .index = 0,
                          .a = reinterpret_cast<std::uint64_t>(&module.state),
                          .b = 0,
                          .c = 0,
                          .d = 0,
                          .e = module.state.id,
                          .f = 0,
                          .reserved = 0});
    }
    static std::uint64_t times_removed(Module& module) {
        const auto reports = module.home.take_reports();
        return static_cast<std::uint64_t>(
            std::ranges::count(reports, abi::Report::module_removed, &Told::kind));
    }
    /// Somebody else is inside while a call is made.
    abi::RawFuture queued_call(std::uint64_t value) {
        EXPECT_EQ(ModuleGate::enter(service.state.gate), Entry::inside);
        return passing.call("work.note", value);
    }
};

TEST_F(ExecutorStop, nobody_gets_in) {
    stop_module(service.state);
    EXPECT_EQ(passing.call("work.note", 1).state, kPeerDied);
    EXPECT_EQ(passing.call("work.note", 2).state, kPeerDied);
    world.run();
    EXPECT_EQ(journal.note_count, 0u);
    EXPECT_TRUE(ModuleGate::stopped(service.state.gate));
}

TEST_F(ExecutorStop, what_waits_in_the_mailbox_is_answered) {
    const abi::RawFuture answer = queued_call(1);
    ASSERT_GT(answer.state, abi::kMaxErrorState);
    stop_module(service.state);
    EXPECT_TRUE(ModuleGate::leave(service.state.gate));
    world.run();
    EXPECT_EQ(journal.note_count, 0u);
    EXPECT_EQ(Passing::pending(answer).outcome.status(), Status::peer_died);
    EXPECT_EQ(Passing::pending(answer).outcome.state(), PendingState::done);
}

TEST_F(ExecutorStop, a_suspended_handler_is_answered_for_once) {
    const abi::RawFuture answer = passing.call("work.sleep_until", 1000);
    ASSERT_GT(answer.state, abi::kMaxErrorState);
    stop_module(service.state);
    refuse();
    world.run();
    EXPECT_EQ(Passing::pending(answer).outcome.status(), Status::peer_died);
    EXPECT_EQ(Passing::pending(answer).outcome.state(), PendingState::done);
    calling.ops().release(&Passing::pending(answer));
    refuse(); // once more
    world.run();
    EXPECT_EQ(Passing::pending(answer).outcome.state(), PendingState::free) << "answered twice";
}

TEST_F(ExecutorStop, a_module_is_let_go_when_its_own_calls_are_answered) {
    const abi::RawFuture answer = queued_call(1);
    ASSERT_GT(answer.state, abi::kMaxErrorState);
    remove(caller);
    world.run();
    EXPECT_EQ(times_removed(caller), 0u) << "the answer would be written into memory that is gone";
    EXPECT_TRUE(ModuleGate::leave(service.state.gate));
    serving.ops().gate_left(&service.state);
    world.run();
    EXPECT_EQ(journal.note_count, 1u); // the provider has not noticed
    EXPECT_EQ(times_removed(caller), 1u);
}

TEST_F(ExecutorStop, an_answer_that_nobody_has_looked_at_is_none_to_wait_for) {
    const abi::RawFuture answer = queued_call(1);
    ASSERT_GT(answer.state, abi::kMaxErrorState);
    calling.ops().release(&Passing::pending(answer));
    EXPECT_TRUE(ModuleGate::leave(service.state.gate));
    serving.ops().gate_left(&service.state);
    serving.step(); // the answer lies in the inbox of the caller's executor
    EXPECT_EQ(journal.note_count, 1u);
    remove(caller);
    world.run();
    EXPECT_EQ(times_removed(caller), 1u) << "told while it is still being looked at, or never";
}

TEST_F(ExecutorStop, a_handler_is_told_that_its_caller_has_gone) {
    ASSERT_GT(passing.call("work.sleep_until", 1000).state, abi::kMaxErrorState);
    remove(caller);
    world.run();
    EXPECT_EQ(journal.cancelled, 1u);
    EXPECT_EQ(times_removed(caller), 1u);
}

TEST_F(ExecutorStop, a_module_that_waits_for_itself_is_let_go) {
    Passing inwards{service, service};
    ASSERT_GT(inwards.call("work.sleep_until", 1000).state, abi::kMaxErrorState);
    remove(service);
    world.run();
    EXPECT_EQ(times_removed(service), 1u);
}

TEST_F(ExecutorStop, a_request_that_was_lost_with_its_list_is_answered) {
    const abi::RawFuture answer = queued_call(1);
    ASSERT_GT(answer.state, abi::kMaxErrorState);
    // A thread that took the list from the mailbox broke, and started its loop again.
    EXPECT_NE(service.state.mailbox.exchange(nullptr, Order::acquire), nullptr);
    stop_module(service.state);
    refuse();
    world.run();
    EXPECT_EQ(Passing::pending(answer).outcome.status(), Status::peer_died);
    EXPECT_EQ(Passing::pending(answer).outcome.state(), PendingState::done);
}

TEST_F(ExecutorStop, an_idle_module_is_let_go_at_once) {
    remove(caller);
    world.run();
    EXPECT_EQ(times_removed(caller), 1u);
}

} // namespace
} // namespace cw::test
