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

    /// As the kernel does for those whose handlers have suspended.
    void refuse_suspended() { refuse_suspended_calls(caller.state.pendings, service.state); }
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
    static bool was_removed(Module& module) {
        const auto reports = module.home.take_reports();
        return std::any_of(reports.begin(), reports.end(), [](const Told& told) {
            return told.kind == abi::Report::module_removed;
        });
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
    refuse_suspended();
    world.run();
    EXPECT_EQ(Passing::pending(answer).outcome.status(), Status::peer_died);
    EXPECT_EQ(Passing::pending(answer).outcome.state(), PendingState::done);
    calling.ops().release(&Passing::pending(answer));
    refuse_suspended(); // once more, as when the module goes
    world.run();
    EXPECT_EQ(Passing::pending(answer).outcome.state(), PendingState::free) << "answered twice";
}

TEST_F(ExecutorStop, a_module_is_let_go_when_its_own_calls_are_answered) {
    const abi::RawFuture answer = queued_call(1);
    ASSERT_GT(answer.state, abi::kMaxErrorState);
    remove(caller);
    world.run();
    EXPECT_FALSE(was_removed(caller)) << "the answer would be written into memory that is gone";
    EXPECT_TRUE(ModuleGate::leave(service.state.gate));
    serving.ops().gate_left(&service.state);
    world.run();
    EXPECT_EQ(journal.note_count, 1u); // the provider has not noticed
    EXPECT_TRUE(was_removed(caller));
}

TEST_F(ExecutorStop, an_idle_module_is_let_go_at_once) {
    remove(caller);
    world.run();
    EXPECT_TRUE(was_removed(caller));
}

} // namespace
} // namespace cw::test
