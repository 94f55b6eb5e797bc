// A test that breaks the rules of the machine, and with it ends the module it is in.
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(ending_test, {.version = {1, 0}});

CW_TEST(breaks_the_rules) {
    __builtin_trap();
    co_return;
}

CW_TEST(is_not_reached) {
    CW_EXPECT(true);
    co_return;
}
