// Numbered calls: what travels in them, so that both sides see at once what is lost, doubled or out
// of order.
#pragma once
#include <cstdint>

namespace storms {

struct Item {
    std::uint64_t number; ///< 1, 2, ... in the order in which the client calls.
    std::uint32_t client;
    std::uint32_t turns; ///< Of an empty loop, for the server to stay inside.
};
struct Answer {
    std::uint64_t number;
    std::uint64_t mixed;
};
/// What the answer to an item must be.
constexpr Answer answer_to(const Item& item) noexcept {
    return {item.number, item.number * 0x9e37'79b9'7f4a'7c15 + item.turns};
}

inline void spend(std::uint64_t turns) noexcept {
    for (; turns != 0; --turns)
        asm volatile("");
}

/// What a client has seen since it was loaded.
struct Tally {
    std::uint64_t sent;
    std::uint64_t answered;
    std::uint64_t wrong;   ///< Answers that are not what they must be.
    std::uint64_t refused; ///< Calls that gave a status instead.
    std::uint64_t pending; ///< Calls that had no answer when they returned.
};

} // namespace storms
