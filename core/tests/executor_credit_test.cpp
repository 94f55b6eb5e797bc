// Guarantee 5: more calls than a channel has credits suspend their tasks, nothing is lost, nobody
// starves; guarantee 2: and they start in the order in which they were issued.
#include "couple.hpp"

#include <algorithm>

namespace cw::test {
namespace {

using errand::Kind;

struct ExecutorCredit : testing::TestWithParam<Path> {
    Couple couple{GetParam()};

    [[nodiscard]] bool notes_are_in_order(std::uint64_t count) const {
        return couple.journal.note_count == count &&
               std::is_sorted(couple.journal.notes, couple.journal.notes + count);
    }
};

TEST_P(ExecutorCredit, calls_beyond_the_credits_wait_and_complete) {
    EXPECT_EQ(couple.run(Kind::depth, 65).right, 65u);
    EXPECT_EQ(couple.run(Kind::depth, 100).right, 100u);
    EXPECT_EQ(couple.run(Kind::depth, 128).right, 128u);
}

TEST_P(ExecutorCredit, calls_beyond_the_credits_start_in_order) {
    EXPECT_EQ(couple.run(Kind::order, 128).right, 128u);
    EXPECT_TRUE(notes_are_in_order(128));
}

TEST_P(ExecutorCredit, a_new_call_does_not_overtake_one_that_waits_for_a_credit) {
    EXPECT_EQ(couple.run(Kind::pipeline, 1000).right, 1000u);
    EXPECT_TRUE(notes_are_in_order(1000));
}

TEST_P(ExecutorCredit, the_newest_call_may_be_awaited_first) {
    EXPECT_EQ(couple.run(Kind::depth_reverse, 65).right, 65u);
    EXPECT_EQ(couple.run(Kind::depth_reverse, 120).right, 120u);
}

TEST_P(ExecutorCredit, credits_given_back_by_a_timer_reach_a_call_that_waits) {
    ticks.store(1, Order::relaxed);
    couple.send(Kind::hoard, 64, 10); // all credits, answers not taken before tick 10
    couple.send(Kind::add_one, 1, 7); // waits for one of them
    couple.world.run();
    ticks.store(20, Order::relaxed);
    couple.world.run();
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 2u);
    for (const errand::Findings& findings : all)
        EXPECT_TRUE(findings.right == 64 || findings.right == 1);
}

TEST_P(ExecutorCredit, tasks_that_call_again_and_again_do_not_starve_one_that_waits) {
    for (std::uint64_t task = 0; task < 64; ++task)
        couple.send(Kind::add_one, 1000);
    couple.world.run();
    EXPECT_EQ(couple.returned().size(), 64u);
    couple.send(Kind::order, 1, 42);
    for (std::uint64_t task = 0; task < 63; ++task)
        couple.send(Kind::add_one, 1000);
    couple.world.run();
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 64u);
}

/// How many slots hold messages that the server has not taken: more than there are would be an
/// impossible index, and the client would lose its channel for nothing.
TEST(ExecutorCancel, cancellations_never_crowd_out_requests) {
    Couple couple{Path::direct};
    RawServer& server = couple.world.raw_server(couple.caller, couple.service);
    couple.world.run();
    std::uint64_t now = 1;
    const auto call = [&](std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i)
            couple.send(Kind::hold_until, now + 1, i);
        couple.world.run();
    };
    const auto give_up = [&] {
        ticks.store(++now, Order::relaxed);
        couple.world.run();
        static_cast<void>(couple.returned());
    };
    // The calls are taken, then given up; from now on the server answers and takes nothing.
    call(60);
    const auto requests = server.take();
    ASSERT_EQ(requests.size(), 60u);
    give_up();
    for (std::size_t done = 0; done < 60;) {
        for (const std::size_t end = done + 20; done < end; ++done)
            server.answer(requests[done].cookie, Status::ok, {1});
        server.flush();
        couple.world.run();
        call(20);
        give_up();
        EXPECT_LE(server.submissions.available(), abi::kSubmissionSlots);
        EXPECT_FALSE(server.submissions.faulted());
    }
    // What is there is whole: each request once, and cancellations only of such.
    std::uint64_t seen = 0;
    for (const RawServer::Request& request : server.take())
        seen += request.flags == 0 ? 1 : 0;
    EXPECT_EQ(seen, 60u);
}

INSTANTIATE_TEST_SUITE_P(Paths,
                         ExecutorCredit,
                         testing::Values(Path::ring, Path::remote, Path::direct),
                         name_of_path);

} // namespace
} // namespace cw::test
