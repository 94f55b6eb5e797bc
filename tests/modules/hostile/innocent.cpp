// A process that must not notice its neighbour.
#include <cw/sdk/module.hpp>
#include <cw/tests/hostile.hpp>

CW_MODULE(innocent, {.version = {1, 0}});
CW_PROVIDE(innocent::ping, [](innocent::Word word) { return innocent::Word{word.value + 1}; });
