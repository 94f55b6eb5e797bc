// A list in a shared heap, and what can be had of its owner by echo.ping.
#pragma once
#include <cstdint>
#include <string_view>

namespace hoard {

inline constexpr std::string_view kName = "hoard/list", kPrivate = "hoard/private";
inline constexpr std::uint64_t kNodes = 10'000, kBytes = 1 << 20;

struct Node {
    Node* next;
    std::uint64_t value;
};

/// What is asked for, and answered.
enum Ask : std::uint64_t {
    kBuild,       ///< The heap and the list are there: the sum of its values.
    kSum,         ///< The same, of the list as it is now.
    kTake,        ///< The value of the first node, which is freed.
    kBlocks,      ///< How many blocks are in use.
    kDisorder,    ///< How many words are broken, and how many operations half done.
    kDieClaiming, ///< Ends its module with a block claimed that it has not got yet.
    kDieFreeing,  ///< The same with a block that it has said it will free.
    kRemove,      ///< Leaves the heap, and removes it. 0, or the status.
};

} // namespace hoard
