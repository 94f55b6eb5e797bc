// Guarantee 6: every request completes exactly once: by a value, the handler's error, peer_died,
// cancelled or timed_out.
#include "couple.hpp"

namespace cw::test {
namespace {

using errand::Findings;
using errand::Kind;

struct ExecutorOutcome : testing::TestWithParam<Path> {
    Couple couple{GetParam()};

    void at(std::uint64_t tick) {
        ticks.store(tick, Order::relaxed);
        couple.world.run();
    }
    static std::uint64_t number(Status status) { return static_cast<std::uint64_t>(status); }
};

TEST_P(ExecutorOutcome, a_suspended_handler_answers_later) {
    couple.send(Kind::hold, 41, 7);
    couple.world.run();
    EXPECT_TRUE(couple.returned().empty());
    EXPECT_EQ(couple.outside("work.release", 7), 1u);
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].value, 42u);
}

TEST_P(ExecutorOutcome, many_suspended_handlers_answer_in_any_order) {
    for (std::uint64_t key = 0; key < 60; ++key)
        couple.send(Kind::hold, 100 + key, key);
    couple.world.run();
    for (std::uint64_t key = 60; key-- > 0;) {
        EXPECT_EQ(couple.outside("work.release", key), 1u);
        const auto all = couple.returned();
        ASSERT_EQ(all.size(), 1u);
        EXPECT_EQ(all[0].value, 101 + key);
    }
}

TEST_P(ExecutorOutcome, a_deadline_that_passes_first_completes_with_timed_out) {
    couple.send(Kind::hold_until, 100, 7); // until tick 100
    couple.world.run();
    at(99);
    EXPECT_TRUE(couple.returned().empty());
    at(100);
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].status, number(Status::timed_out));
}

TEST_P(ExecutorOutcome, an_answer_that_comes_first_disarms_the_deadline) {
    couple.send(Kind::hold_until, 100, 7);
    couple.world.run();
    EXPECT_EQ(couple.outside("work.release", 7), 1u);
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].value, 101u);
    EXPECT_EQ(couple.calling.executor().deadline_count, 0u);
    at(200);
    EXPECT_TRUE(couple.returned().empty());
}

TEST_P(ExecutorOutcome, a_late_answer_is_dropped) {
    couple.send(Kind::hold_until, 100, 7);
    couple.world.run();
    at(100);
    EXPECT_EQ(couple.returned().size(), 1u);
    couple.outside("work.release", 7);
    EXPECT_TRUE(couple.returned().empty());
    EXPECT_EQ(couple.run(Kind::depth, 64).right, 64u); // its credit came back
}

TEST_P(ExecutorOutcome, a_cancelled_call_completes_at_once) {
    const Findings findings = couple.run(Kind::hold_cancel, 41, 7);
    EXPECT_EQ(findings.status, number(Status::cancelled));
    couple.outside("work.release", 7);
    EXPECT_TRUE(couple.returned().empty());
}

TEST_P(ExecutorOutcome, giving_up_reaches_the_call_that_the_handler_waits_for) {
    couple.send(Kind::sleep_cancel, 50, 1'000'000); // the handler would sleep for long
    couple.world.run();
    at(50);
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].status, number(Status::timed_out));
    EXPECT_EQ(couple.journal.cancelled, 1u);
}

TEST_P(ExecutorOutcome, calls_given_up_again_and_again_leave_nothing_behind) {
    for (std::uint64_t round = 0; round < 300; ++round) {
        const std::uint64_t now = 10 * round + 10;
        for (std::uint64_t call = 0; call < 20; ++call)
            couple.send(Kind::hold_until, now, call);
        couple.world.run();
        at(now);
        EXPECT_EQ(couple.returned().size(), 20u);
        for (std::uint64_t call = 0; call < 20; ++call)
            EXPECT_EQ(couple.outside("work.release", call), 1u);
    }
    EXPECT_EQ(couple.run(Kind::depth, 64).right, 64u);
    EXPECT_EQ(couple.calling.executor().deadline_count, 0u);
}

TEST_P(ExecutorOutcome, sleeps_end_in_the_order_of_their_deadlines) {
    for (const std::uint64_t tick : {500u, 100u, 300u, 200u, 400u})
        couple.send(Kind::sleep_cancel, tick, 1'000'000);
    couple.world.run();
    for (std::uint64_t tick = 100; tick <= 500; tick += 100) {
        at(tick - 1);
        EXPECT_TRUE(couple.returned().empty());
        at(tick);
        EXPECT_EQ(couple.returned().size(), 1u);
    }
}

INSTANTIATE_TEST_SUITE_P(Paths,
                         ExecutorOutcome,
                         testing::Values(Path::ring, Path::remote, Path::direct),
                         name_of_path);

} // namespace
} // namespace cw::test
