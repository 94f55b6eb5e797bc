// One client of the storm before a gate; built for each CW_STORM_NODE.
#include "gate_target.hpp"
#include <cw/sdk/module.hpp>
#include <optional>

#define CW_CLIENT_MODULE(name, ...) CW_MODULE(name, __VA_ARGS__)
#define CW_CLIENT CW_JOIN(client_, CW_STORM_NODE)

CW_CLIENT_MODULE(CW_JOIN(gate_client_, CW_STORM_NODE), {.version = {1, 0}});
CW_REQUIRE(gates::note, cw::abi::kMethodOptional);
CW_REQUIRE(gates::hold, cw::abi::kMethodOptional);
CW_REQUIRE(gates::burst, cw::abi::kMethodOptional);

namespace {

constinit storms::Caller<gates::note_method> caller{CW_STORM_NODE};

cw::Task<storms::Tally> drive(gates::Orders orders) noexcept {
    for (std::uint64_t i = 0; i < orders.times; ++i) {
        std::optional<cw::Future<gates::hold_method>> within;
        std::optional<cw::Future<gates::burst_method>> outside;
        if (orders.notes != 0) { // they are ahead of our calls
            within.emplace(gates::hold({orders.notes}));
            outside.emplace(gates::burst({orders.notes}));
        }
        CW_CO_CHECK(co_await caller.call(orders.pace));
        if (within)
            CW_CO_CHECK(co_await *within);
        if (outside)
            CW_CO_CHECK(co_await *outside);
    }
    co_return caller.tally();
}

} // namespace

CW_PROVIDE(gates::CW_CLIENT::drive, drive);
