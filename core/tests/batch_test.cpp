// Batches of calls: resumed once, whatever way the answers come, and nothing is left behind.
#include "couple.hpp"

namespace cw::test {
namespace {

using errand::Kind;

struct BatchTest : testing::TestWithParam<Path> {
    Couple couple{GetParam()};

    /// The pools are whole: as many calls can be under way as ever.
    void expect_nothing_left() {
        EXPECT_EQ(couple.run(Kind::depth, errand::kMaxDepth).right, errand::kMaxDepth);
    }
};

TEST_P(BatchTest, all_replies_of_six_words_in_order) {
    EXPECT_EQ(couple.run(Kind::batch, 64).right, 3 * 64u);
    EXPECT_EQ(couple.run(Kind::batch, 1).right, 3u);
    EXPECT_EQ(couple.run(Kind::batch, 0).status, 0u);
    expect_nothing_left();
}

TEST_P(BatchTest, more_calls_than_credits) {
    couple.send(Kind::batch_hold, errand::kMaxDepth);
    couple.world.run();
    // Answers free credits for those that wait, until none is left.
    for (std::uint64_t turn = 0; turn < 4; ++turn) {
        EXPECT_TRUE(couple.outside("work.release", 0).has_value());
        EXPECT_TRUE(couple.outside("work.release", 1).has_value());
    }
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    if (GetParam() == Path::direct) { // as many as the module's own pool has, here
        EXPECT_EQ(all[0].right, 64u);
        EXPECT_EQ(all[0].status, static_cast<std::uint64_t>(Status::no_memory));
    } else {
        EXPECT_EQ(all[0].right, errand::kMaxDepth);
    }
    expect_nothing_left();
}

TEST_P(BatchTest, answers_in_two_rounds_the_last_call_first) {
    couple.send(Kind::batch_hold, 40);
    couple.world.run();
    EXPECT_EQ(couple.outside("work.release", 1), 20u); // the last call among them
    EXPECT_TRUE(couple.returned().empty());
    EXPECT_EQ(couple.run(Kind::add_one, 200).right, 200u) << "their slots are used anew meanwhile";
    EXPECT_EQ(couple.outside("work.release", 0), 20u);
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].right, 40u);
    expect_nothing_left();
}

TEST_P(BatchTest, answers_in_two_rounds_the_last_call_later) {
    couple.send(Kind::batch_hold, 41);
    couple.world.run();
    EXPECT_EQ(couple.outside("work.release", 1), 20u);
    EXPECT_EQ(couple.run(Kind::add_one, 200).right, 200u);
    EXPECT_EQ(couple.outside("work.release", 0), 21u); // the last call among them
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].right, 41u);
    expect_nothing_left();
}

TEST_P(BatchTest, a_cancelled_one_gives_all_its_calls_up) {
    const std::uint32_t cookie = couple.next_cookie;
    couple.send(Kind::batch_sleep, 30, 1'000'000);
    couple.world.run();
    EXPECT_EQ(couple.journal.cancelled, 0u);
    couple.client.cancel(cookie);
    couple.client.flush();
    couple.world.run();
    EXPECT_EQ(couple.journal.cancelled, 30u);
    EXPECT_LE(couple.returned().size(), 1u); // the errand itself, which ran to its end
    expect_nothing_left();
}

TEST_P(BatchTest, one_that_nobody_awaits) {
    for (int turn = 0; turn < 5; ++turn)
        EXPECT_EQ(couple.run(Kind::batch_drop, 64).status, 0u);
    expect_nothing_left();
}

TEST_P(BatchTest, beside_futures_of_the_same_channel) {
    for (int turn = 0; turn < 5; ++turn)
        EXPECT_EQ(couple.run(Kind::batch_mixed, 32).right, 64u);
    expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Paths,
                         BatchTest,
                         testing::Values(Path::ring, Path::remote, Path::direct),
                         name_of_path);

TEST(Batch, ends_with_its_callee) {
    Couple couple{Path::ring};
    couple.send(Kind::batch_hold, 40);
    couple.world.run();
    EXPECT_EQ(couple.outside("work.release", 0), 20u);
    couple.world.close_client_end(couple.caller, *couple.channel);
    couple.world.run();
    const auto all = couple.returned();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].right, 20u);
    EXPECT_EQ(all[0].status, static_cast<std::uint64_t>(Status::peer_died));
}

} // namespace
} // namespace cw::test
