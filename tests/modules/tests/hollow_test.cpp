// A module of tests that has none.
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(hollow_test, {.version = {1, 0}});
