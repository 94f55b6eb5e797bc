// The pools of a module: coroutine frames, and entries for pending calls.
#include <cw/core/module_state.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace cw {
namespace {

struct Frames {
    alignas(64) std::byte memory[64 * 1024];
    FramePool pool{};
    Frames() {
        pool.bump = reinterpret_cast<std::uint64_t>(memory);
        pool.end = pool.bump + sizeof(memory);
    }
};

TEST(FramePool, gives_aligned_frames_that_do_not_overlap) {
    const auto frames = std::make_unique<Frames>();
    std::mt19937 random{1};
    struct Frame {
        std::byte* memory;
        std::size_t bytes;
        std::byte mark;
    };
    std::vector<Frame> held;
    for (unsigned step = 0; step < 20'000; ++step) {
        if (random() % 2 == 0 || held.empty()) {
            const std::size_t bytes = 1 + random() % 3000;
            auto* memory = static_cast<std::byte*>(frames->pool.allocate(bytes));
            if (memory == nullptr)
                continue;
            EXPECT_EQ(reinterpret_cast<std::uint64_t>(memory) % 16, 0u);
            EXPECT_GE(memory, frames->memory);
            EXPECT_LE(memory + bytes, frames->memory + sizeof(frames->memory));
            held.push_back({memory, bytes, static_cast<std::byte>(random())});
            std::fill_n(memory, bytes, held.back().mark);
        } else {
            const std::size_t which = random() % held.size();
            const Frame frame = held[which];
            for (std::size_t i = 0; i < frame.bytes; ++i)
                ASSERT_EQ(frame.memory[i], frame.mark);
            frames->pool.release(frame.memory, frame.bytes);
            held[which] = held.back();
            held.pop_back();
        }
    }
}

TEST(FramePool, uses_freed_frames_of_the_size_again) {
    const auto frames = std::make_unique<Frames>();
    void* const first = frames->pool.allocate(100);
    frames->pool.release(first, 100);
    EXPECT_EQ(frames->pool.allocate(128), first);
    EXPECT_NE(frames->pool.allocate(100), first);
}

TEST(FramePool, refuses_when_it_is_used_up_and_recovers) {
    const auto frames = std::make_unique<Frames>();
    std::vector<void*> held;
    while (void* frame = frames->pool.allocate(1000))
        held.push_back(frame);
    EXPECT_EQ(held.size(), 64u);
    EXPECT_EQ(frames->pool.allocate(1), nullptr);
    frames->pool.release(held.back(), 1000);
    EXPECT_EQ(frames->pool.allocate(1000), held.back());
}

TEST(FramePool, sizes_at_the_limits) {
    const auto frames = std::make_unique<Frames>();
    EXPECT_NE(frames->pool.allocate(0), nullptr);
    EXPECT_NE(frames->pool.allocate(8192), nullptr);
    EXPECT_EQ(frames->pool.allocate(8193), nullptr);
    EXPECT_EQ(frames->pool.allocate(~std::size_t{0} / 4), nullptr);
}

TEST(PendingPool, gives_each_entry_once_and_names_each_use) {
    std::vector<Pending> memory(kPoolPendings);
    Pending* head = nullptr;
    ModuleState module{};
    pool_create(memory.data(), &head, &module, nullptr);
    std::set<std::uint32_t> cookies;
    for (unsigned round = 0; round < 3; ++round) {
        std::set<Pending*> taken;
        while (Pending* pending = pool_take(head)) {
            EXPECT_TRUE(taken.insert(pending).second);
            EXPECT_TRUE(cookies.insert(pending->cookie).second) << "a name was used twice";
            EXPECT_EQ(&memory[pending->cookie % kPoolPendings], pending);
            EXPECT_EQ(pending->cookie & kCarrierBit, 0u);
        }
        EXPECT_EQ(taken.size(), kPoolPendings);
        for (Pending* pending : taken)
            pool_give(*pending);
    }
}

TEST(Outcome, state_status_and_flags_do_not_disturb_each_other) {
    Outcome outcome{PendingState::in_flight};
    EXPECT_TRUE(outcome.is(PendingState::in_flight));
    outcome.set(Outcome::kArmed, true);
    EXPECT_FALSE(outcome.is(PendingState::in_flight)) << "a flag is not the common case";
    outcome.set_status(Status::timed_out);
    outcome.set_state(PendingState::given_up);
    EXPECT_EQ(outcome.state(), PendingState::given_up);
    EXPECT_EQ(outcome.status(), Status::timed_out);
    EXPECT_TRUE(outcome.has(Outcome::kArmed));
    EXPECT_FALSE(outcome.has(Outcome::kInReady));
    outcome.set(Outcome::kArmed, false);
    EXPECT_TRUE(outcome.is(PendingState::given_up, Status::timed_out));
}

} // namespace
} // namespace cw
