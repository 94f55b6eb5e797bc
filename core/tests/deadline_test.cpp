// The heap of deadlines against a sorted model.
#include "../src/runtime.hpp"
#include "fake_host.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>

namespace cw::test {
namespace {

struct Deadlines : testing::Test {
    ExecutorThread thread{"deadlines"};
    Executor& executor = thread.executor();
    ModuleState module{};
    std::vector<Pending> pendings{std::vector<Pending>(400)};
    std::mt19937 random{5};

    void arm(Pending& pending, std::uint64_t tick) {
        pending.module = &module;
        runtime::arm_deadline(executor, pending, tick);
    }
    void expect_heap() const {
        for (std::uint32_t i = 0; i < executor.deadline_count; ++i) {
            ASSERT_EQ(executor.deadlines[i]->heap_index, i);
            ASSERT_TRUE(executor.deadlines[i]->outcome.has(Outcome::kArmed));
            if (i != 0) {
                ASSERT_LE(executor.deadlines[(i - 1) / 2]->deadline,
                          executor.deadlines[i]->deadline);
            }
        }
    }
};

TEST_F(Deadlines, random_arming_and_disarming_keeps_the_heap) {
    std::map<Pending*, std::uint64_t> model;
    for (unsigned step = 0; step < 20'000; ++step) {
        Pending& pending = pendings[random() % pendings.size()];
        if (random() % 3 != 0) {
            const std::uint64_t tick = random() % 1000;
            arm(pending, tick);
            model[&pending] = tick;
        } else {
            runtime::disarm_deadline(executor, pending);
            EXPECT_FALSE(pending.outcome.has(Outcome::kArmed));
            model.erase(&pending);
        }
        ASSERT_EQ(executor.deadline_count, model.size());
        if (step % 64 == 0)
            expect_heap();
    }
    expect_heap();
    for (const auto& [pending, tick] : model)
        EXPECT_EQ(pending->deadline, tick);
}

TEST_F(Deadlines, come_out_soonest_first) {
    for (Pending& pending : pendings)
        arm(pending, random() % 100);
    std::uint64_t last = 0;
    while (executor.deadline_count != 0) {
        Pending& first = *executor.deadlines[0];
        EXPECT_GE(first.deadline, last);
        last = first.deadline;
        runtime::disarm_deadline(executor, first);
    }
}

TEST_F(Deadlines, arming_again_moves_it) {
    arm(pendings[0], 50);
    arm(pendings[1], 60);
    arm(pendings[0], 70);
    EXPECT_EQ(executor.deadline_count, 2u);
    EXPECT_EQ(executor.deadlines[0], &pendings[1]);
}

TEST_F(Deadlines, disarming_what_is_not_armed_does_nothing) {
    runtime::disarm_deadline(executor, pendings[0]);
    EXPECT_EQ(executor.deadline_count, 0u);
}

} // namespace
} // namespace cw::test
