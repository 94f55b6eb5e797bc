// What the module shaper offers: token buckets, each with a rate that is a control cell.
#pragma once
#include <array>
#include <cw/core/future.hpp>

namespace shaper {

inline constexpr std::uint64_t kMaxRate = 100'000'000'000; ///< Bytes a second.
inline constexpr std::uint32_t kMaxInstances = 64;

struct Instance {
    std::array<char, 24> name; ///< The cell is "shaper/NAME/rate".
    std::uint64_t rate;        ///< Bytes a second, until somebody sets the cell, and after.
    std::uint64_t burst;       ///< Bytes that may be saved up.
};
struct Index {
    std::uint64_t index;
};
/// A bucket, empty at first. Errors: no_resource (kMaxInstances), and those of cells.create:
/// already_exists, invalid_argument (the name; a rate above kMaxRate).
CW_METHOD(shaper, add, Instance, Index, 1, 0);
/// The bucket, and its cell, are gone. Errors: not_found.
CW_METHOD(shaper, remove, Index, cw::Nothing, 1, 0);

struct Backlog {
    std::uint64_t index;
    std::uint32_t packets; ///< That wait,
    std::uint32_t bytes;   ///< each of so many.
};
struct Passed {
    std::uint64_t packets; ///< Of these, that may go now.
    std::uint64_t bytes;   ///< Of all since the bucket was made.
    std::uint64_t rate;    ///< That holds from now on.
    std::uint64_t ticks;   ///< Now: cw_module.ops->now().
};
/// Errors: not_found, invalid_argument (packets of no bytes).
CW_METHOD(shaper, pass, Backlog, Passed, 1, 0);

struct Load {
    std::uint32_t rounds; ///< So often each bucket has a turn,
    std::uint32_t bytes;  ///< and as many packets of so many bytes as may go.
};
struct Sent {
    std::uint64_t packets;
    std::uint64_t bytes;
    std::uint64_t turn_p99; ///< Ticks: one turn in a hundred took longer. 4,095 at most.
    std::uint64_t ticks;    ///< At the last turn.
};
/// Sends on end, all buckets in turn. Errors: invalid_argument (packets of no bytes).
CW_METHOD(shaper, serve, Load, Sent, 1, 0);

struct Account {
    std::uint64_t bytes;   ///< That have gone,
    std::uint64_t earned;  ///< that its rates allowed, all in all,
    std::uint64_t rejects; ///< and rates that it was told and did not go by.
};
/// Errors: not_found.
CW_METHOD(shaper, account, Index, Account, 1, 0);

} // namespace shaper
