// Model (g): the latch. A reader sees values whole, never older than one it has seen or has been
// told of, and none of this depends on the writer going on.
#include "check.hpp"

#include <cw/core/snapshot.hpp>

namespace cw::model {
namespace {

struct Pair {
    std::uint64_t first, second;
};

/// One writer that publishes kValues values and may stop in between, kReaders readers that each
/// read twice.
template <std::uint64_t kValues, unsigned kReaders>
struct LatchModel : rl::test_suite<LatchModel<kValues, kReaders>, kReaders + 1> {
    LatchOf<Pair, RelacySync> latch;
    rl::atomic<std::uint64_t> told; ///< The writer says here, relaxed, what it has published.

    void before() {
        latch.current.initialise(Name::current, 0);
        for (auto& slot : latch.slots) {
            slot.stamp.initialise(Name::other, 0);
            for (auto& word : slot.words)
                word.initialise(Name::other, 0);
        }
        told.store(0, rl::mo_relaxed, RL_INFO);
    }
    void thread(unsigned index) {
        if (index == 0)
            write();
        else
            read();
    }
    void write() {
        next_fence[rl::thread_index()] = Site::F41;
        LatchWriter<Pair, RelacySync> writer{latch};
        for (std::uint64_t value = 1; value <= kValues; ++value)
            writer.publish({value, 1000 + value});
    }
    void read() {
        next_fence[rl::thread_index()] = Site::F42;
        std::uint64_t last = 0;
        for (int times = 0; times < 2; ++times) {
            Pair pair{};
            switch (latch_read(latch, pair)) {
            case Latched::value:
                RL_ASSERT(pair.second == 1000 + pair.first);
                RL_ASSERT(pair.first >= last && pair.first <= kValues);
                last = pair.first;
                break;
            case Latched::empty:
                RL_ASSERT(last == 0);
                break;
            case Latched::busy: // it has published four values in each of the tries
                RL_ASSERT(kValues >= 16);
                break;
            }
        }
    }
};

using OneReader = LatchModel<6, 1>;
using TwoReaders = LatchModel<5, 2>;

TEST(LatchModel, values_are_whole_and_in_order) {
    expect_clean<OneReader>(300'000, 2);
    expect_clean<TwoReaders>(200'000, 1);
}
TEST(LatchModel, finds_relaxed_R41) {
    expect_found<OneReader>({Site::R41, Order::relaxed}, 50'000);
}
TEST(LatchModel, finds_relaxed_A41) {
    expect_found<OneReader>({Site::A41, Order::relaxed}, 50'000);
}
// To be overtaken a reader must be preempted for four publishes: random executions hardly do that.
TEST(LatchModel, finds_missing_F41) {
    expect_found<OneReader>({Site::F41, Order::relaxed}, 50'000, Search::bounded);
}
TEST(LatchModel, finds_acquire_F41) {
    expect_found<OneReader>({Site::F41, Order::acquire}, 50'000, Search::bounded);
}
TEST(LatchModel, finds_missing_F42) {
    expect_found<OneReader>({Site::F42, Order::relaxed}, 50'000, Search::bounded);
}
TEST(LatchModel, finds_release_F42) {
    expect_found<OneReader>({Site::F42, Order::release}, 50'000, Search::bounded);
}

/// A writer publishes each number in one latch, then in another: at no moment is the first behind
/// the second, or more than one before it.
struct SnapshotModel : rl::test_suite<SnapshotModel, 2> {
    LatchOf<Pair, RelacySync> first, second;

    void before() {
        for (auto* latch : {&first, &second}) {
            latch->current.initialise(Name::current, 0);
            for (auto& slot : latch->slots) {
                slot.stamp.initialise(Name::other, 0);
                for (auto& word : slot.words)
                    word.initialise(Name::other, 0);
            }
        }
    }
    void thread(unsigned index) {
        if (index == 0) {
            next_fence[rl::thread_index()] = Site::F41;
            LatchWriter<Pair, RelacySync> one{first}, two{second};
            for (std::uint64_t value = 1; value <= 3; ++value) {
                one.publish({value, 1000 + value});
                two.publish({value, 2000 + value});
            }
            return;
        }
        next_fence[rl::thread_index()] = Site::F42;
        for (int times = 0; times < 3; ++times) {
            std::tuple<Pair, Pair> pairs{};
            // The second is read first: what is seen of the first is newer rather than older.
            if (latch_snapshot<RelacySync, Pair, Pair>(pairs, second, first) != Latched::value)
                continue;
            const auto& [two, one] = pairs;
            RL_ASSERT(one.second == 1000 + one.first);
            RL_ASSERT(two.second == 2000 + two.first);
            RL_ASSERT(one.first == two.first || one.first == two.first + 1);
        }
    }
};

TEST(SnapshotModel, values_are_of_one_moment) {
    expect_clean<SnapshotModel>(100'000, 2);
}
TEST(SnapshotModel, finds_relaxed_R41) {
    expect_found<SnapshotModel>({Site::R41, Order::relaxed}, 50'000);
}
TEST(SnapshotModel, finds_relaxed_A41) {
    expect_found<SnapshotModel>({Site::A41, Order::relaxed}, 50'000);
}

} // namespace
} // namespace cw::model
