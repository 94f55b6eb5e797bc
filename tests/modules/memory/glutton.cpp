// A module that needs CW_TEST_BYTES of memory to be loaded. Several files are built of this.
#include <cw/sdk/module.hpp>
#include <cw/tests/hostile.hpp>

#define DECLARE(name, ...) CW_MODULE(name, __VA_ARGS__)
DECLARE(CW_TEST_MODULE, {.version = {1, 0}, .frame_bytes = CW_TEST_BYTES});
