// The service of the calling test module: a test sends it on an errand and gets back what it found.
#pragma once
#include <cw/core/future.hpp>

namespace errand {

enum class Kind : std::uint64_t {
    add_one,       ///< Calls add_one `count` times, one after the other.
    block,         ///< The same with 48 bytes.
    refuse,        ///< Calls refuse(count); the status it got.
    depth,         ///< `count` calls of add_one at once, awaited in their order.
    depth_reverse, ///< The same, awaited in the opposite order.
    order,         ///< `count` calls of note at once: values first, first + 1, ...
    pipeline,      ///< `count` calls of note, as many as possible under way at once.
    hold,          ///< hold(first); the value it got.
    hold_until,    ///< hold(first) with a deadline at tick `count`; the status it got.
    hold_cancel,   ///< hold(first), cancelled at once; the status it got.
    sleep_cancel,  ///< sleep_until(first), given up at tick `count`; the status it got.
    hoard,         ///< `count` calls of add_one that are not awaited before tick `first`.
    batch,         ///< `count` calls of block as a batch, three times.
    batch_hold,    ///< `count` calls of hold as a batch, by turns with keys first and first + 1.
    batch_sleep,   ///< `count` calls of sleep_until(first) as a batch.
    batch_drop,    ///< A batch of `count` calls of add_one that nobody awaits.
    batch_mixed,   ///< `count` calls of add_one as a batch, `count` as futures, the futures first.
};

struct Orders {
    Kind kind;
    std::uint64_t count;
    std::uint64_t first;
};
struct Findings {
    std::uint64_t status; ///< Of the first call that failed; 0 if none did.
    std::uint64_t right;  ///< Answers that were what they should be.
    std::uint64_t value;
};

CW_METHOD(errand, run, Orders, Findings, 1, 0);

/// Most calls that one errand has under way at once.
inline constexpr std::size_t kMaxDepth = 128;

} // namespace errand
