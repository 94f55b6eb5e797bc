// The cast of the death tests: two providers, two clients of both. One of the four is killed or
// stopped at an instruction; the other three must not notice more than that.
#pragma once
#include <cstdint>
#include <cw/core/future.hpp>

namespace death {

enum class Side : std::uint64_t { a, b };

/// A call's arguments: a number that its client uses once, and in rising order, and what follows
/// from it, so that a message that was never written whole is seen as such.
struct Item {
    std::uint64_t number;
    Side client;
    std::uint64_t check;
};
constexpr std::uint64_t mixed(std::uint64_t number, Side side) noexcept {
    return (number * 2 + static_cast<std::uint64_t>(side)) * 0x9e37'79b9'7f4a'7c15 ^ 0x5bd1'e995;
}
constexpr Item item_of(std::uint64_t number, Side client) noexcept {
    return {number, client, mixed(number, client)};
}
struct Value {
    std::uint64_t value;
};
constexpr Value answer_to(const Item& item, Side provider) noexcept {
    return {mixed(item.check, provider)};
}

/// What a provider has seen since it was loaded.
struct Served {
    std::uint64_t items;
    std::uint64_t repeated; ///< Not the next number or a later one: begun twice, or out of order.
    std::uint64_t garbled;
};

inline constexpr std::uint64_t kOfEach = 2;

/// To a client: kOfEach calls of each provider and each kind, all under way together.
struct Order {
    std::uint64_t first; ///< Number of the first call, that of the others follow.
    std::uint64_t kinds; ///< 1: calls that are answered at once; 2: those that are not as well.
};
constexpr std::uint64_t calls_of(const Order& order) noexcept {
    return kOfEach * order.kinds; // of each provider
}

/// What became of the calls: each is counted once.
struct Findings {
    std::uint64_t right_a;
    std::uint64_t right_b;
    std::uint64_t died;   ///< peer_died
    std::uint64_t absent; ///< not_found: no such provider is linked.
    std::uint64_t wrong;  ///< Another value.
    std::uint64_t other;  ///< Another status.
};

#define CW_DEATH_SIDE_SERVICES(side)                                                               \
    namespace target_##side {                                                                      \
        CW_METHOD(target_##side, exchange, Item, Value, 1, 0);                                     \
        CW_METHOD(target_##side, doze, Item, Value, 1, 0);                                         \
        CW_METHOD(target_##side, served, cw::Nothing, Served, 1, 0);                               \
    }                                                                                              \
    namespace client_##side {                                                                      \
        CW_METHOD(client_##side, run, Order, Findings, 1, 0);                                      \
    }
CW_DEATH_SIDE_SERVICES(a)
CW_DEATH_SIDE_SERVICES(b)
#undef CW_DEATH_SIDE_SERVICES

} // namespace death
