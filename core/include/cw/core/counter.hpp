// Counters that several executors or processors count into at once, and anybody sums: each has
// words of its own, so counting is a load and a store, and nobody waits for a cache line of another
// one.
//
//     cw::CounterLanes<Counts, 4> counts;     // a record of Counters, four times
//     counts.lane(hart).received.add();       // only ever this hart, in its own lane
//     counts.sum(&Counts::received);          // anybody
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cw/core/atomic.hpp>

namespace cw {

/// A number that one writer counts up and others read. All zero: nothing was counted.
class Counter {
public:
    constexpr Counter() noexcept = default;

    /// Context: its one writer; an interrupt handler has a counter of its own. Never waits.
    /// Ordering: none, a word is whole by itself, and nothing is concluded from it; it is no
    /// read-modify-write, for nobody else writes.
    [[gnu::always_inline]] void add(std::uint64_t count = 1) noexcept {
        word_.store(word_.load(Order::relaxed) + count, Order::relaxed);
    }
    /// Context: any. Who reads again never reads less, as long as its writer only adds. Ordering:
    /// none; what was counted before something else is seen with that only if it was published with
    /// release, and found with acquire, behind it.
    [[nodiscard]] std::uint64_t load() const noexcept { return word_.load(Order::relaxed); }

private:
    Atomic<std::uint64_t> word_{0};
};
static_assert(sizeof(Counter) == 8);

/// A record of Counters for each of `kLanes` writers, on cache lines of its own.
template <class Record, std::size_t kLanes>
class CounterLanes {
public:
    static constexpr std::size_t kCount = kLanes;

    /// Requires: number < kLanes; one writer for each number at a time, which may hand it over to
    /// the next one (that goes on from there) by whatever orders the two.
    [[nodiscard]] Record& lane(std::size_t number) noexcept { return lanes_[number].record; }
    [[nodiscard]] const Record& lane(std::size_t number) const noexcept {
        return lanes_[number].record;
    }
    /// All lanes together, each as it is when it is looked at: not of one moment, but never less
    /// than an earlier sum of the same reader, and exact once nobody counts. Context: any.
    [[nodiscard]] std::uint64_t sum(Counter Record::* which) const noexcept {
        std::uint64_t all = 0;
        for (const Lane& lane : lanes_)
            all += (lane.record.*which).load();
        return all;
    }

private:
    struct alignas(64) Lane {
        Record record;
    };
    std::array<Lane, kLanes> lanes_{};
};

} // namespace cw
