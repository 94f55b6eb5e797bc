// The ring storm: two modules, each client and server of the other, that call each other by turns
// with the ring full and with one call at a time.
#pragma once
#include "numbered.hpp"
#include <cstdint>
#include <cw/core/future.hpp>

namespace rings {

/// One step is `crowd_calls` with `crowd_depth` in flight, then `lone_calls` one after the other,
/// then `pair_calls` with two in flight and a random time before each: so that one side publishes
/// just when the other is about to sleep.
struct Orders {
    std::uint64_t steps;
    std::uint32_t crowd_calls;
    std::uint32_t crowd_depth; ///< 1 to storms::kMaxDepth.
    std::uint64_t lone_calls;
    std::uint64_t pair_calls;
};

struct Served {
    std::uint64_t count;
    std::uint64_t out_of_order; ///< Items that did not have the number after the one before.
};

#define CW_RING_NODE(n)                                                                            \
    namespace node_##n {                                                                           \
        CW_METHOD(ring_node_##n, exchange, storms::Item, storms::Answer, 1, 0);                    \
        CW_METHOD(ring_node_##n, drive, Orders, storms::Tally, 1, 0);                              \
        CW_METHOD(ring_node_##n, served, cw::Nothing, Served, 1, 0);                               \
    }
CW_RING_NODE(0)
CW_RING_NODE(1)
#undef CW_RING_NODE

} // namespace rings
