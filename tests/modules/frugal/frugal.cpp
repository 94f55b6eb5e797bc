#include "frugal.hpp"
#include <cw/sdk/module.hpp>

CW_MODULE(frugal, {.version = {1, 0}});
CW_PROVIDE(frugal::add_one, [](frugal::Word word) { return frugal::Word{word.value + 1}; });
CW_PROVIDE(frugal::allocations,
           [](cw::Nothing) { return frugal::Allocations{cw_module.frames.allocations}; });
