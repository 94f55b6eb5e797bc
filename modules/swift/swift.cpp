#include <cw/modules/swift.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(swift, {.version = {1, 0}, .concurrent = true});
CW_PROVIDE(swift::ping, [](swift::Word word) { return swift::Word{word.value + 1}; });
CW_PROVIDE(swift::null, [](cw::Nothing) {});
