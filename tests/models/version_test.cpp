// Model (h): the version of a directory entry. Whoever sees the same version before and after has
// seen words of one epoch.
#include "check.hpp"

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

} // namespace
} // namespace cw::model
