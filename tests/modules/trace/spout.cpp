// Events with numbers.
#include "spout.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/trace.hpp>

CW_MODULE(spout, {.version = {1, 0}});

namespace {

std::uint64_t emitted;

spout::Number emit(spout::Number wanted) noexcept {
    for (std::uint64_t i = 0; i < wanted.number; ++i) {
        ++emitted;
        cw::trace::event("drop", emitted, ~emitted);
    }
    return {emitted};
}

} // namespace

CW_PROVIDE(spout::emit, emit);
