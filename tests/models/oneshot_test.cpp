// Model (j): one value, once. Who sees it set sees the value; who is told of a waiter sees what it
// did before; a waiter is always woken.
#include "check.hpp"

#include <cw/core/oneshot.hpp>

namespace cw::model {
namespace {

using Watched = rl::var<std::uint32_t>;
using Shot = OneShot<Watched*, RelacySync>;

enum class Doing : std::uint8_t { right, forgets_to_wake, sleeps_unannounced };

template <Doing kDoing = Doing::right>
struct OneShotModel : rl::test_suite<OneShotModel<kDoing>, 2> {
    // Made anew for each execution, in memory that is not relacy's.
    alignas(Shot) std::byte storage[sizeof(Shot)];
    Watched value, waiter;
    Doorbell bell;

    Shot& shot() { return *reinterpret_cast<Shot*>(storage); }
    void before() {
        new (storage) Shot;
        shot().word().initialise(Name::state, Shot::kEmpty);
        value(RL_INFO) = 0;
        waiter(RL_INFO) = 0;
        bell.initialise();
    }
    void after() {
        bell.finish();
        shot().~Shot();
    }
    void thread(unsigned index) {
        if (index == 0)
            set();
        else
            take();
    }
    void set() {
        value(RL_INFO) = 7;
        if (!shot().set(&value))
            return;
        RL_ASSERT(waiter(RL_INFO) == 1);
        if constexpr (kDoing != Doing::forgets_to_wake)
            bell.ring();
    }
    void take() {
        if (!shot().ready()) {
            waiter(RL_INFO) = 1;
            if (kDoing == Doing::sleeps_unannounced || shot().prepare_wait())
                bell.wait();
        }
        RL_ASSERT((*shot().value())(RL_INFO) == 7);
    }
};

using Right = OneShotModel<>;
TEST(OneShotModel, the_value_arrives_and_a_waiter_is_woken) {
    expect_clean<Right>(100'000, 4);
}
TEST(OneShotModel, finds_R51_without_release) {
    expect_found<Right>({Site::R51, Order::acquire}, 10'000);
}
TEST(OneShotModel, finds_relaxed_A51) {
    expect_found<Right>({Site::A51, Order::relaxed}, 10'000);
}
TEST(OneShotModel, finds_R52_without_release) {
    expect_found<Right>({Site::R52, Order::acquire}, 10'000);
}
TEST(OneShotModel, finds_A52_without_acquire) {
    expect_found<Right>({Site::A52, Order::release}, 10'000);
}
TEST(OneShotModel, finds_a_waiter_that_is_not_woken) {
    expect_found<OneShotModel<Doing::forgets_to_wake>>({}, 10'000);
}
TEST(OneShotModel, finds_a_sleep_that_was_not_announced) {
    expect_found<OneShotModel<Doing::sleeps_unannounced>>({}, 10'000);
}

} // namespace
} // namespace cw::model
