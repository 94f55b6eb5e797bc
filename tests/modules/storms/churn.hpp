// The churn: many requests under way over one ring, of which some are late, cut off by a deadline,
// cancelled or dropped. Each must complete once, with what it asked for or for a reason it was
// given.
#pragma once
#include "numbered.hpp"
#include <cstdint>
#include <cw/core/future.hpp>

namespace churn {

inline constexpr std::uint64_t kMostCalls =
    2'000'000; ///< Numbers that the server keeps account of.
inline constexpr std::uint32_t kMostWorkers = 200;
/// Calls of one module that can be under way at one provider: its channel's pool and its own.
inline constexpr std::uint32_t kMostUnderWay = cw::abi::kChannelCredits + 512;

struct Request {
    std::uint64_t number;   ///< 1, 2, ...
    std::uint64_t delay_us; ///< Before the answer. 0: it is answered at once.
};
struct Account {
    std::uint64_t started;
    std::uint64_t started_twice; ///< Numbers that came again, or that nobody can have sent.
    std::uint64_t finished;
    std::uint64_t cut; ///< Told to stop while they waited.
};
CW_METHOD(churn_server, work, Request, storms::Answer, 1, 0);
CW_METHOD(churn_server, account, cw::Nothing, Account, 1, 0);
constexpr storms::Answer answer_to(const Request& request) noexcept {
    return storms::answer_to({request.number, 0, static_cast<std::uint32_t>(request.delay_us)});
}

/// `workers` tasks make `calls` calls each.
struct Orders {
    std::uint64_t workers; ///< At most kMostWorkers.
    std::uint64_t calls;
    /// 1: who was cut off waits until the server has let go of that call. Then no more than two
    /// calls of each are under way.
    std::uint64_t careful;
};
struct Tally {
    std::uint64_t values;
    std::uint64_t timed_out;
    std::uint64_t cancelled;
    std::uint64_t dropped; ///< Nobody waited for them.
    std::uint64_t refused; ///< no_memory: too many were under way.
    std::uint64_t wrong;   ///< Everything else: another's answer, a status nobody asked for.
};
CW_METHOD(churn_client, drive, Orders, Tally, 1, 0);

/// How many of a crowd of kMostUnderWay + `beyond` calls were answered, and how many refused. All
/// entries of the pools are free: so many can be under way that more are refused, and not fewer.
struct Capacity {
    std::uint64_t answered;
    std::uint64_t refused;
};
struct Beyond {
    std::uint64_t calls;
};
CW_METHOD(churn_client, fill, Beyond, Capacity, 1, 0);

} // namespace churn
