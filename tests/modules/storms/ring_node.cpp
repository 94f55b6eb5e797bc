// One side of the ring storm; built for each CW_STORM_NODE, which calls the other.
#include "ring_node.hpp"
#include "caller.hpp"
#include "reach.hpp"
#include <cw/sdk/module.hpp>

#define CW_NODE_MODULE(name, ...) CW_MODULE(name, __VA_ARGS__)
#define CW_NODE CW_JOIN(node_, CW_STORM_NODE)
#define CW_PEER CW_JOIN(node_, CW_STORM_PEER)

CW_NODE_MODULE(CW_JOIN(ring_node_, CW_STORM_NODE), {.version = {1, 0}});
CW_REQUIRE(rings::CW_PEER::exchange, cw::abi::kMethodOptional);
CW_REQUIRE(rings::CW_PEER::served, cw::abi::kMethodOptional);

namespace {

rings::Served served;

storms::Answer exchange(storms::Item item) noexcept {
    ++served.count;
    if (item.number != served.count)
        ++served.out_of_order;
    return storms::answer_to(item);
}

/// Turns before a call: about as long as a server needs from its answer to its sleep.
constexpr std::uint32_t kMostBefore = 1000;
constexpr std::uint32_t kMostInside = 4; // it does not stay: the turns only make answers differ

constinit storms::Caller<rings::CW_PEER::exchange_method> caller{CW_STORM_NODE};

cw::Task<storms::Tally> drive(rings::Orders orders) noexcept {
    CW_CO_CHECK(co_await storms::reach(rings::CW_PEER::served));
    for (std::uint64_t step = 0; step < orders.steps; ++step) {
        CW_CO_CHECK(
            co_await caller.call({orders.crowd_calls, orders.crowd_depth, 1, kMostInside, 0}));
        CW_CO_CHECK(co_await caller.call({orders.lone_calls, 1, 1, kMostInside, 0}));
        CW_CO_CHECK(co_await caller.call({orders.pair_calls, 2, kMostBefore, kMostInside, 0}));
    }
    co_return caller.tally();
}

} // namespace

CW_PROVIDE(rings::CW_NODE::exchange, exchange);
CW_PROVIDE(rings::CW_NODE::drive, drive);
CW_PROVIDE(rings::CW_NODE::served, [](cw::Nothing) { return served; });
