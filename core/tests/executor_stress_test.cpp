// Executors on threads of their own: calls by ring in both directions, and threads that pass
// through modules meanwhile.
#include "couple.hpp"
#include "passing.hpp"

#include <thread>

namespace cw::test {
namespace {

using errand::Kind;

/// Sends `errands`, up to `depth` at once, and sleeps on its doorbell like any client.
std::uint64_t run_errands(
    RawClient& client, std::uint64_t errands, std::uint64_t depth, Kind kind, std::uint64_t count) {
    std::uint64_t sent = 0, received = 0, right = 0;
    while (received < errands) {
        for (; sent < errands && sent - received < depth; ++sent)
            client.submit(0, 1, {static_cast<std::uint64_t>(kind), count, 0});
        client.flush();
        const auto answers = client.take();
        for (const Message& answer : answers)
            right += answer.words[1];
        received += answers.size();
        if (answers.empty() && client.prepare_wait())
            client.bell.wait(~std::uint64_t{0});
    }
    return right;
}

TEST(ExecutorStress, calls_by_ring_between_two_threads) {
    const Watchdog watchdog{"calls by ring between two threads"};
    Couple couple{Path::ring};
    couple.world.start_threads();
    constexpr std::uint64_t kErrands = CW_TEST_CALLS / 64;
    EXPECT_EQ(run_errands(couple.client, kErrands, 2, Kind::depth, 64), kErrands * 64);
    EXPECT_EQ(run_errands(couple.client, kErrands / 8, 60, Kind::add_one, 8), kErrands / 8 * 8);
    EXPECT_EQ(run_errands(couple.client, kErrands / 64, 1, Kind::add_one, 64), kErrands / 64 * 64);
    couple.world.stop_threads();
    EXPECT_EQ(couple.journal.overlaps, 0u);
}

TEST(ExecutorStress, two_executors_that_are_client_and_server_of_each_other) {
    const Watchdog watchdog{"two executors that call each other"};
    World world;
    ExecutorThread& left = world.executor("left");
    ExecutorThread& right = world.executor("right");
    Module& left_caller = world.load("caller_a", left);
    Module& left_service = world.load("service_a", left);
    Module& right_caller = world.load("caller_b", right);
    Module& right_service = world.load("service_b", right);
    world.link(left_caller, right_service, Path::ring);
    world.link(right_caller, left_service, Path::ring);
    RawClient& to_left = world.raw_client(left_caller);
    RawClient& to_right = world.raw_client(right_caller);
    world.run();
    world.start_threads();
    constexpr std::uint64_t kErrands = CW_TEST_CALLS / 64;
    std::uint64_t other_right = 0;
    std::thread other{[&] { other_right = run_errands(to_right, kErrands, 2, Kind::depth, 64); }};
    EXPECT_EQ(run_errands(to_left, kErrands, 2, Kind::depth, 64), kErrands * 64);
    other.join();
    world.stop_threads();
    EXPECT_EQ(other_right, kErrands * 64);
}

TEST(ExecutorStress, threads_that_pass_through_a_module_that_serves_a_ring) {
    const Watchdog watchdog{"threads that pass through a module"};
    World world;
    ExecutorThread& calling = world.executor("calling");
    ExecutorThread& serving = world.executor("serving");
    Module& service = world.load("service_a", serving);
    Module& caller = world.load("caller_a", calling);
    Module* const owners[] = {&world.load("caller_b", calling), &world.load("caller_c", calling)};
    const work::Journal& journal = *service.file.symbol<work::Journal>("work_journal");
    world.link(caller, service, Path::ring);
    RawClient& client = world.raw_client(caller);
    world.run();
    world.start_threads();
    std::uint64_t direct[2] = {}, queued[2] = {};
    const auto pass = [&](unsigned index) {
        const PassingThread context;
        Module& owner = *owners[index];
        Passing passing{service, owner};
        const abi::ProvideRecord& note = service.provide("work.note");
        for (std::uint64_t call = 0; call < CW_TEST_CALLS / 8; ++call) {
            // As code of the owner, which it entered through the gate.
            const Entry entry = ModuleGate::enter(owner.state.gate);
            if (entry == Entry::queue) {
                std::this_thread::yield();
                continue;
            }
            abi::RawFuture answer{};
            if (entry == Entry::inside)
                answer = passing.call(note, index);
            else
                answer.state = static_cast<std::uint64_t>(Status::busy);
            if (answer.state == 0)
                ++direct[index];
            if (answer.state > abi::kMaxErrorState) {
                ++queued[index];
                owner.home.ops().release(&Passing::pending(answer));
            }
            if (ModuleGate::leave(owner.state.gate))
                owner.home.ops().gate_left(&owner.state);
        }
    };
    std::thread others[] = {std::thread{pass, 0}, std::thread{pass, 1}};
    constexpr std::uint64_t kErrands = CW_TEST_CALLS / 64 / 4;
    EXPECT_EQ(run_errands(client, kErrands, 2, Kind::depth, 64), kErrands * 64);
    for (std::thread& other : others)
        other.join();
    EXPECT_EQ(run_errands(client, 1, 1, Kind::add_one, 1), 1u); // all that was queued has run
    world.stop_threads();
    EXPECT_EQ(journal.overlaps, 0u);
    EXPECT_EQ(journal.note_count, direct[0] + direct[1] + queued[0] + queued[1]);
}

} // namespace
} // namespace cw::test
