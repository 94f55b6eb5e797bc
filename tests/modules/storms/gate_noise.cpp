// Calls the target from within a call of the target.
#include "gate_target.hpp"
#include <cw/sdk/module.hpp>

CW_MODULE(gate_noise, {.version = {1, 0}});
CW_REQUIRE(gates::note);

namespace {

constinit storms::Caller<gates::note_method> caller{gates::kNoise};

cw::Task<gates::Count> burst(gates::Count notes) noexcept {
    if (notes.value != 0) {
        const auto at_once = static_cast<std::uint32_t>(notes.value);
        CW_CO_CHECK(co_await caller.call({notes.value, at_once, 1, 4, 0}));
    }
    const storms::Tally& tally = caller.tally();
    co_return gates::Count{tally.answered - tally.wrong};
}

} // namespace

CW_PROVIDE(gates::burst, burst);
