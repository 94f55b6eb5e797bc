// Model (l): the lock of a block of registers. What one does to a register under a claim is not
// lost to another one.
#include "check.hpp"

#include <cw/core/registers.hpp>

namespace cw::model {
namespace {

struct Stay {};

/// Two parties, each of whom adds one to a register twice.
struct ClaimModel : rl::test_suite<ClaimModel, 2> {
    using Lock = RegisterLock<Stay, RelacySync>;
    alignas(Lock) std::byte storage[sizeof(Lock)];
    rl::var<std::uint32_t> contents;

    Lock& lock() { return *reinterpret_cast<Lock*>(storage); }
    void before() {
        new (storage) Lock;
        lock().word().initialise(Name::lock, 0);
        contents(RL_INFO) = 0;
    }
    void after() {
        RL_ASSERT(contents(RL_INFO) == 4);
        lock().~Lock();
    }
    void thread(unsigned) {
        for (int times = 0; times < 2; ++times) {
            while (!lock().try_lock())
                rl::yield(1, RL_INFO);
            const std::uint32_t before_it = contents(RL_INFO);
            contents(RL_INFO) = before_it + 1;
            lock().unlock();
        }
    }
};

TEST(ClaimModel, no_change_is_lost) {
    expect_clean<ClaimModel>(20'000, 2);
}
TEST(ClaimModel, finds_relaxed_R94) {
    expect_found<ClaimModel>({Site::R94, Order::relaxed}, 10'000);
}
TEST(ClaimModel, finds_relaxed_A94) {
    expect_found<ClaimModel>({Site::A94, Order::relaxed}, 10'000);
}

} // namespace
} // namespace cw::model
