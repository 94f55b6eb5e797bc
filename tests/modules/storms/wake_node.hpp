// The wake storm: nodes that tell each other numbers through a board in shared memory and ring each
// other's doorbells with bare system calls. Whoever misses a ring that counts sleeps for ever.
#pragma once
#include <cstdint>
#include <cw/core/atomic.hpp>
#include <cw/core/future.hpp>

namespace wakes {

inline constexpr std::uint32_t kNodes = 4;

/// What one node tells another.
struct alignas(64) Lane {
    /// The round that the sender has rung for. Release [W1], before the ring that counts; acquire
    /// [W2] in the receiver.
    cw::Atomic<std::uint64_t> round;
    cw::Atomic<std::uint64_t> rings; ///< All rings up to that round. Relaxed, under [W1], [W2].
};

struct Board {
    Lane lanes[kNodes][kNodes]; ///< By sender, by receiver.
};

enum class Shape : std::uint64_t {
    mesh, ///< Every node rings every other.
    star, ///< Node 0 rings all others, and they ring node 0.
};

/// One phase, the same for every node. In each round a node rings each neighbour 1 to `burst`
/// times; only the last ring of a burst says something new. Then it waits for its neighbours'
/// round.
struct Orders {
    cw::OutBuffer board{}; ///< A Board.
    std::uint64_t rounds =
        0; ///< A multiple of burst: then each length of burst comes equally often.
    std::uint32_t burst = 0;        ///< A power of two.
    std::uint32_t pause_one_in = 0; ///< One round in so many begins with a sleep. 0: none does.
    std::uint32_t pause_ticks = 0;  ///< It is shorter than this.
    std::uint32_t deadline_ticks =
        0; ///< Every other wait has a deadline sooner than this. 0: none has.
    Shape shape = Shape::mesh;
};

struct Tally {
    std::uint64_t rung;
    std::uint64_t seen;      ///< Rings that the neighbours had counted when the last wait was over.
    std::uint64_t wrong;     ///< Numbers on the board that cannot be.
    std::uint64_t waits;     ///< System calls.
    std::uint64_t timed_out; ///< Of them.
};

/// `meet` makes sure that a node has a channel, and so a doorbell, to every other; `touch` is what
/// it calls for that. `run` goes through one phase.
#define CW_WAKE_NODE(n)                                                                            \
    namespace node_##n {                                                                           \
        CW_METHOD(wake_node_##n, touch, cw::Nothing, cw::Nothing, 1, 0);                           \
        CW_METHOD(wake_node_##n, meet, cw::Nothing, cw::Nothing, 1, 0);                            \
        CW_METHOD(wake_node_##n, run, Orders, Tally, 1, 0);                                        \
    }
CW_WAKE_NODE(0)
CW_WAKE_NODE(1)
CW_WAKE_NODE(2)
CW_WAKE_NODE(3)
#undef CW_WAKE_NODE

} // namespace wakes
