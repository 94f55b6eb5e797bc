// The ring storm: two modules, each client and server of the other, that call each other by turns
// with the ring full and with one call at a time.
#pragma once
#include <cstdint>
#include <cw/core/future.hpp>

namespace rings {

struct Item {
    std::uint64_t number; ///< 1, 2, ... in the order in which the client calls.
    std::uint64_t salt;
};
struct Answer {
    std::uint64_t number;
    std::uint64_t mixed;
};
/// What the answer to an item must be.
constexpr Answer answer_to(const Item& item) noexcept {
    return {item.number, item.number * 0x9e37'79b9'7f4a'7c15 + item.salt};
}

/// One step is `crowd_calls` with `crowd_depth` in flight, then `lone_calls` one after the other,
/// then `pair_calls` with two in flight and a random time before each: so that one side publishes
/// just when the other is about to sleep.
struct Orders {
    std::uint64_t steps;
    std::uint32_t crowd_calls;
    std::uint32_t crowd_depth; ///< 1 to kMaxDepth.
    std::uint64_t lone_calls;
    std::uint64_t pair_calls;
};
/// More than a channel has credits, so that calls wait for one.
inline constexpr std::uint32_t kMaxDepth = 120;

struct Tally {
    std::uint64_t sent;
    std::uint64_t answered;
    std::uint64_t wrong;   ///< Answers that are not what they must be.
    std::uint64_t refused; ///< Calls that gave a status instead.
};
struct Served {
    std::uint64_t count;
    std::uint64_t out_of_order; ///< Items that did not have the number after the one before.
};

#define CW_RING_NODE(n)                                                                            \
    namespace node_##n {                                                                           \
        CW_METHOD(ring_node_##n, exchange, Item, Answer, 1, 0);                                    \
        CW_METHOD(ring_node_##n, drive, Orders, Tally, 1, 0);                                      \
        CW_METHOD(ring_node_##n, served, cw::Nothing, Served, 1, 0);                               \
    }
CW_RING_NODE(0)
CW_RING_NODE(1)
#undef CW_RING_NODE

} // namespace rings
