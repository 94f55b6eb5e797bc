// A test that never ends, and one that is not reached because of it.
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(hanging_test, {.version = {1, 0}});

CW_TEST(hangs) {
    for (;;)
        static_cast<void>(co_await cw::sleep_ns(1'000'000'000));
}

CW_TEST(is_not_reached) {
    CW_EXPECT(true);
    co_return;
}
