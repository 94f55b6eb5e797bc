// Whom gate_target_asking asks.
#include "gate_target.hpp"
#include <cw/sdk/module.hpp>

CW_MODULE(gate_far, {.version = {1, 0}});
CW_PROVIDE(gates::far, [](storms::Item item) { return storms::answer_to(item); });
