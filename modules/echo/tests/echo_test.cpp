// Tests of the service echo, from one source in every placement.
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(echo_test, {.version = {1, 0}});
CW_REQUIRE(echo::ping);
CW_REQUIRE(echo::null);
CW_REQUIRE(echo::block);
CW_REQUIRE(echo::late);

CW_TEST(ping_adds_one) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{41}, ~std::uint64_t{0}}) {
        CW_EXPECT_VALUE(reply, co_await echo::ping({value}));
        CW_EXPECT_EQUAL(reply.value, value + 1);
    }
}

CW_TEST(null_answers) {
    const auto reply = co_await echo::null();
    CW_EXPECT(reply.has_value());
}

CW_TEST(block_adds_one_to_each_word) {
    CW_EXPECT_VALUE(reply, co_await echo::block({{1, 2, 3, 4, 5, ~std::uint64_t{0}}}));
    for (std::uint64_t i = 0; i < 5; ++i)
        CW_EXPECT_EQUAL(reply.words[i], i + 2);
    CW_EXPECT_EQUAL(reply.words[5], 0);
}

CW_TEST(late_answers_after_it_slept) {
    constexpr std::uint64_t kMicroseconds = 20'000;
    const std::uint64_t before = cw_module.ops->now();
    CW_EXPECT_VALUE(reply, co_await echo::late({kMicroseconds}));
    CW_EXPECT_EQUAL(reply.value, kMicroseconds + 1);
    const std::uint64_t ticks = cw_module.ops->now() - before;
    // Not before its time, on any machine; how much later is nobody's promise.
    CW_EXPECT(ticks >= kMicroseconds * cw_module.ops->ticks_per_second / 1'000'000);
}

CW_TEST(a_later_call_need_not_wait_for_an_earlier_answer) {
    auto slow = echo::late({20'000});
    CW_EXPECT_VALUE(quick, co_await echo::ping({1}));
    CW_EXPECT_EQUAL(quick.value, 2);
    CW_EXPECT_VALUE(late, co_await slow);
    CW_EXPECT_EQUAL(late.value, 20'001);
}
