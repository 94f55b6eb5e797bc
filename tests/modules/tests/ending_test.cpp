// A test that breaks the rules of the machine, and with it ends the module it is in.
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/tests/machine.hpp>

CW_MODULE(ending_test, {.version = {1, 0}});

CW_TEST(breaks_the_rules) {
    machine::run_illegal_instruction();
    co_return;
}

CW_TEST(is_not_reached) {
    CW_EXPECT(true);
    co_return;
}
