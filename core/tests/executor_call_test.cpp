// Calls between two executors over real channels: every kind of handler, every outcome.
#include "couple.hpp"

#include <gtest/gtest.h>

namespace cw::test {
namespace {

using errand::Kind;

/// A caller and a service, next to each other or in domains of their own.
struct ExecutorCall : testing::TestWithParam<Path> {
    Couple couple{GetParam()};
};

TEST_P(ExecutorCall, request_and_reply) {
    const auto findings = couple.run(Kind::add_one, 1, 41);
    EXPECT_EQ(findings.status, 0u);
    EXPECT_EQ(findings.value, 42u);
}

TEST_P(ExecutorCall, many_calls_across_the_wrap_of_the_indices) {
    const auto findings = couple.run(Kind::add_one, 3000);
    EXPECT_EQ(findings.status, 0u);
    EXPECT_EQ(findings.right, 3000u);
}

TEST_P(ExecutorCall, six_words_there_and_back) {
    EXPECT_EQ(couple.run(Kind::block, 100).right, 100u);
}

TEST_P(ExecutorCall, the_handlers_error_arrives) {
    EXPECT_EQ(couple.run(Kind::refuse, static_cast<std::uint64_t>(Status::busy) - 1).status,
              static_cast<std::uint64_t>(Status::busy));
}

TEST_P(ExecutorCall, depth_64) {
    EXPECT_EQ(couple.run(Kind::depth, 64).right, 64u);
}
TEST_P(ExecutorCall, depth_64_awaited_in_reverse) {
    EXPECT_EQ(couple.run(Kind::depth_reverse, 64).right, 64u);
}

INSTANTIATE_TEST_SUITE_P(Paths,
                         ExecutorCall,
                         testing::Values(Path::ring, Path::remote, Path::direct),
                         name_of_path);

} // namespace
} // namespace cw::test
