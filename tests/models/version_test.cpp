// Model (h): the version of a directory entry. Whoever sees the same version before and after has
// seen words of one epoch.
#include "check.hpp"

#include <cw/core/latch.hpp>
#include <cw/core/variables/version.hpp>

namespace cw::model {
namespace {

using variables::State;

/// The nucleus moves a variable kEpochs times, two readers read twice.
template <std::uint64_t kEpochs, unsigned kReaders>
struct VersionModel : rl::test_suite<VersionModel<kEpochs, kReaders>, kReaders + 1> {
    variables::Version<RelacySync> version;
    RelacySync::Word<std::uint64_t> address, layout;

    void before() {
        version.word.initialise(Name::version, 0);
        address.initialise(Name::other, 0);
        layout.initialise(Name::other, 0);
    }
    void thread(unsigned index) {
        if (index == 0)
            move();
        else
            read();
    }
    void move() {
        for (std::uint64_t epoch = 1; epoch <= kEpochs; ++epoch) {
            next_fence[rl::thread_index()] = Site::F61;
            version.change(epoch, State::live, [&] {
                address.store(epoch, Order::relaxed);
                layout.store(1000 + epoch, Order::relaxed);
            });
            if (epoch + 1 < kEpochs)
                version.set(State::gone);
        }
    }
    void read() {
        std::uint64_t last = 0;
        for (int times = 0; times < 2; ++times) {
            const std::uint64_t before = version.load();
            const std::uint64_t place = address.load(Order::relaxed);
            const std::uint64_t form = layout.load(Order::relaxed);
            next_fence[rl::thread_index()] = Site::F62;
            RelacySync::fence(Order::acquire); // [F62]
            if (!version.is_still(before) || variables::state_of(before) != State::live)
                continue;
            RL_ASSERT(place == variables::epoch_of(before) && form == 1000 + place);
            RL_ASSERT(place >= last);
            last = place;
        }
    }
};

using OneReader = VersionModel<3, 1>;
using TwoReaders = VersionModel<3, 2>;

TEST(VersionModel, words_are_of_one_epoch) {
    expect_clean<OneReader>(200'000, 2);
    expect_clean<TwoReaders>(100'000, 1);
}
TEST(VersionModel, finds_relaxed_R61) {
    expect_found<OneReader>({Site::R61, Order::relaxed}, 50'000);
}
TEST(VersionModel, finds_relaxed_A61) {
    expect_found<OneReader>({Site::A61, Order::relaxed}, 50'000);
}
TEST(VersionModel, finds_missing_F61) {
    expect_found<OneReader>({Site::F61, Order::relaxed}, 50'000);
}
TEST(VersionModel, finds_acquire_F61) {
    expect_found<OneReader>({Site::F61, Order::acquire}, 50'000);
}
TEST(VersionModel, finds_missing_F62) {
    expect_found<OneReader>({Site::F62, Order::relaxed}, 50'000);
}
TEST(VersionModel, finds_release_F62) {
    expect_found<OneReader>({Site::F62, Order::release}, 50'000);
}

/// The nucleus empties a latch and has a link lead there, in which another domain publishes; then
/// to nothing, and there again for the next publisher. A reader that finds something finds a value
/// that was published there.
struct LinkModel : rl::test_suite<LinkModel, 3> {
    struct Pair {
        std::uint64_t first, second;
    };
    variables::Place<RelacySync> place;
    LatchOf<Pair, RelacySync> latch, nothing;
    rl::atomic<std::uint32_t> live;

    void before() {
        place.word.initialise(Name::place, 0);
        for (auto* each : {&latch, &nothing}) {
            // Whatever was in memory before: a stamp that the slot has too.
            each->current.initialise(Name::current, each == &latch ? 256 : kLatchEmpty);
            for (auto& slot : each->slots) {
                slot.stamp.initialise(Name::other, each == &latch ? 256 : 0);
                for (auto& word : slot.words)
                    word.initialise(Name::other, 0);
            }
        }
        live.store(0, rl::mo_relaxed, RL_INFO);
    }
    void thread(unsigned index) {
        if (index == 0)
            turn();
        else if (index == 1)
            publish();
        else
            read();
    }
    void turn() {
        latch.current.store(kLatchEmpty, Order::relaxed);
        place.set(1);
        live.store(1, rl::mo_release, RL_INFO); // the kernel starts the publisher
        place.set(0);
    }
    void publish() {
        next_fence[rl::thread_index()] = Site::F41;
        if (live.load(rl::mo_acquire, RL_INFO) == 0)
            return;
        LatchWriter<Pair, RelacySync> writer{latch};
        writer.publish({1, 1001});
        writer.publish({2, 1002});
    }
    void read() {
        for (int times = 0; times < 2; ++times) {
            next_fence[rl::thread_index()] = Site::F42;
            const LatchCopy<Pair, RelacySync> copy{place.load() == 0 ? nothing : latch};
            RelacySync::fence(Order::acquire); // [F42]
            if (!copy.whole())
                continue;
            Pair pair{};
            copy.get(pair);
            RL_ASSERT(pair.first != 0 && pair.second == 1000 + pair.first);
        }
    }
};

TEST(LinkModel, leads_to_values_that_were_published) {
    expect_clean<LinkModel>(200'000, 2);
}
TEST(LinkModel, finds_relaxed_R64) {
    expect_found<LinkModel>({Site::R64, Order::relaxed}, 50'000);
}
TEST(LinkModel, finds_relaxed_A64) {
    expect_found<LinkModel>({Site::A64, Order::relaxed}, 50'000);
}

} // namespace
} // namespace cw::model
