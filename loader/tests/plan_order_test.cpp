// Which modules a plan loads, and in which order.
#include <gtest/gtest.h>

#include "plan_world.hpp"

namespace cw::loader::test {
namespace {

using abi::Placement;

/// A module NAME that provides NAME.m and requires the methods named m of others.
ModuleSpec module(const std::string& name, const std::vector<std::string>& needs = {}) {
    ModuleSpec spec{.name = name, .provides = {{.name = name + ".m"}}};
    for (const std::string& need : needs)
        spec.requires_.push_back({.name = need + ".m"});
    return spec;
}

TEST(PlanOrder, a_module_without_requirements_is_alone) {
    World world;
    world.add_file(module("a"));
    world.add_file(module("b"));
    ASSERT_EQ(world.load("a"), "");
    EXPECT_EQ(world.order(), "a");
    EXPECT_EQ(world.plan().edge_count, 0u);
}

TEST(PlanOrder, dependencies_come_first) {
    World world;
    world.add_file(module("a", {"b", "c"}));
    world.add_file(module("b", {"d"}));
    world.add_file(module("c"));
    world.add_file(module("d"));
    ASSERT_EQ(world.load("a"), "");
    EXPECT_EQ(world.order(), "c d b a");
    EXPECT_EQ(world.edges(), "b>d.m>d=ring a>b.m>b=ring a>c.m>c=ring");
}

TEST(PlanOrder, a_shared_dependency_is_loaded_once_and_before_both) {
    World world;
    world.add_file(module("top", {"left", "right"}));
    world.add_file(module("left", {"base"}));
    world.add_file(module("right", {"base"}));
    world.add_file(module("base"));
    ASSERT_EQ(world.load("top"), "");
    EXPECT_EQ(world.order(), "base left right top");
}

TEST(PlanOrder, a_late_discovery_still_comes_before_those_who_need_it) {
    World world;
    world.add_file(module("a", {"b", "c"}));
    world.add_file(module("b"));
    world.add_file(module("c", {"d"}));
    world.add_file(module("d", {"b"}));
    ASSERT_EQ(world.load("a"), "");
    EXPECT_EQ(world.order(), "b d c a");
}

TEST(PlanOrder, members_of_a_cycle_come_in_order_of_discovery) {
    World world;
    world.add_file(module("a", {"b"}));
    world.add_file(module("b", {"c", "leaf"}));
    world.add_file(module("c", {"a"}));
    world.add_file(module("leaf"));
    ASSERT_EQ(world.load("a"), "");
    EXPECT_EQ(world.order(), "leaf a b c");
    EXPECT_EQ(world.edges(), "a>b.m>b=ring b>c.m>c=ring b>leaf.m>leaf=ring c>a.m>a=ring");
}

TEST(PlanOrder, a_cycle_below_the_module_comes_before_it) {
    World world;
    world.add_file(module("top", {"one"}));
    world.add_file(module("one", {"two"}));
    world.add_file(module("two", {"one"}));
    ASSERT_EQ(world.load("top"), "");
    EXPECT_EQ(world.order(), "one two top");
}

TEST(PlanOrder, a_module_may_require_itself) {
    World world;
    world.add_file(module("a", {"a"}));
    ASSERT_EQ(world.load("a"), "");
    EXPECT_EQ(world.order(), "a");
    EXPECT_EQ(world.edges(), "a>a.m>a=direct");
}

TEST(PlanOrder, loaded_modules_are_not_loaded_again) {
    World world;
    world.add_loaded(module("b", {"c"}), Placement::sync_caller);
    world.add_file(module("a", {"b"}));
    world.add_file(module("c"));
    ASSERT_EQ(world.load("a"), "");
    EXPECT_EQ(world.order(), "a"); // What b lacks is not this plan's concern.
    EXPECT_EQ(world.edges(), "a>b.m>b=direct");
}

TEST(PlanOrder, candidates_without_an_image_are_passed_over) {
    World world;
    world.add_missing();
    world.add_file(module("a", {"b"}));
    world.add_missing();
    world.add_file(module("b"));
    world.add_missing();
    ASSERT_EQ(world.load("a"), "");
    EXPECT_EQ(world.order(), "b a");
}

TEST(PlanOrder, a_plan_object_can_be_used_again) {
    World world;
    world.add_file(module("a", {"b"}));
    world.add_file(module("b"));
    ASSERT_EQ(world.load("a"), "");
    ASSERT_EQ(world.load("b"), "");
    EXPECT_EQ(world.order(), "b");
    EXPECT_EQ(world.plan().edge_count, 0u);
}

/// A chain of modules m0 -> m1 -> ... of this length.
std::string load_chain(std::size_t length, World& world) {
    for (std::size_t i = 0; i < length; ++i) {
        std::vector<std::string> needs;
        if (i + 1 < length)
            needs.push_back("m" + std::to_string(i + 1));
        world.add_file(module("m" + std::to_string(i), needs));
    }
    return world.load("m0");
}

TEST(PlanOrder, as_many_modules_as_a_plan_has_steps) {
    World world;
    ASSERT_EQ(load_chain(kMaxSteps, world), "");
    EXPECT_EQ(world.plan().step_count, kMaxSteps);
    EXPECT_EQ(world.order().substr(0, 11), "m15 m14 m13");
}

TEST(PlanOrder, too_many_modules_are_refused) {
    World world;
    EXPECT_EQ(load_chain(kMaxSteps + 1, world), "m0: more than 16 modules would have to be loaded");
}

/// Five modules of up to 64 edges to the kernel each, in a chain; `last` is how many the last one
/// has.
std::string load_edges(std::size_t last, World& world) {
    ModuleSpec kernel{.name = "nucleus"};
    for (std::size_t i = 0; i < abi::kMaxRequires; ++i)
        kernel.provides.push_back({.name = "nucleus.m" + std::to_string(i)});
    world.add_kernel(kernel);
    for (std::size_t module_index = 0; module_index < 5; ++module_index) {
        ModuleSpec spec = module("m" + std::to_string(module_index));
        const std::size_t count = module_index < 4 ? abi::kMaxRequires - 1 : last;
        if (module_index < 4)
            spec.requires_.push_back({.name = "m" + std::to_string(module_index + 1) + ".m"});
        for (std::size_t i = 0; i < count; ++i)
            spec.requires_.push_back({.name = "nucleus.m" + std::to_string(i)});
        world.add_file(spec);
    }
    return world.load("m0");
}

TEST(PlanOrder, as_many_edges_as_a_plan_holds) {
    World world;
    ASSERT_EQ(load_edges(0, world), "");
    EXPECT_EQ(world.plan().edge_count, kMaxPlanEdges);
}

TEST(PlanOrder, too_many_edges_are_refused) {
    World world;
    EXPECT_EQ(load_edges(1, world), "m0: more than 256 edges would have to be linked");
}

} // namespace
} // namespace cw::loader::test
