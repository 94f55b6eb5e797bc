// Tests that fail, each in another way: what `test` says of them is looked for by
// test_command.toml.
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(failing_test, {.version = {1, 0}});

namespace {

cw::Task<std::uint64_t> refuse() noexcept {
    co_return cw::refuse(cw::Status::end_of_data);
}

} // namespace

CW_TEST(passes) {
    CW_EXPECT(true);
    co_return;
}

CW_TEST(expects_what_does_not_hold) {
    CW_EXPECT(1 + 1 == 3);
    cw::test::fail("not ended", 0, "a test goes on after what it expected");
    co_return;
}

CW_TEST(expects_another_number) {
    CW_EXPECT_EQUAL(40 + 1, 42u);
    co_return;
}

CW_TEST(expects_a_value) {
    CW_EXPECT_VALUE(value, co_await refuse());
    CW_EXPECT_EQUAL(value, 1);
}

CW_TEST(has_a_frame_that_is_too_large) {
    std::array<volatile char, 9000> large; // more than a frame may have
    large[0] = 1;
    static_cast<void>(co_await refuse());
    CW_EXPECT_EQUAL(large[0], 1);
}

CW_TEST(passes_after_others_failed) {
    CW_EXPECT(true);
    co_return;
}
