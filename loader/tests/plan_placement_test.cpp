// Where modules go, and the places they cannot have.
#include <gtest/gtest.h>

#include "plan_world.hpp"

namespace cw::loader::test {
namespace {

using abi::Placement;

ModuleSpec plain(const std::string& name, Placement placement = Placement::kernel) {
    return {.name = name, .provides = {{.name = name + ".m"}}, .default_placement = placement};
}

ModuleSpec floating_point(const std::string& name, Placement placement = Placement::kernel) {
    ModuleSpec spec = plain(name, placement);
    spec.flags = abi::kModuleFloatingPoint;
    return spec;
}

ModuleSpec driver(const std::string& name, Placement placement = Placement::kernel) {
    ModuleSpec spec = plain(name, placement);
    spec.devices = {"ns16550a"};
    return spec;
}

/// A module that pulls in another one.
ModuleSpec client_of(const std::string& name) {
    return {.name = "client", .requires_ = {{.name = name + ".m"}}};
}

TEST(PlanPlacement, the_request_decides_for_the_module) {
    World world;
    world.add_domain(3);
    world.add_file(plain("a", Placement::user_process));
    ASSERT_EQ(world.load("a", Placement::kernel), "");
    EXPECT_EQ(world.step_of("a").placement, Placement::kernel);
    EXPECT_EQ(world.step_of("a").domain, kKernelDomain);
    ASSERT_EQ(world.load("a", Placement::sync_caller), "");
    EXPECT_EQ(world.step_of("a").placement, Placement::sync_caller);
    EXPECT_EQ(world.step_of("a").domain, kKernelDomain);
    ASSERT_EQ(world.load("a", Placement::user_process), "");
    EXPECT_EQ(world.step_of("a").domain, kNewDomain);
    ASSERT_EQ(world.load("a", Placement::domain, 3), "");
    EXPECT_EQ(world.step_of("a").placement, Placement::domain);
    EXPECT_EQ(world.step_of("a").domain, 3u);
}

TEST(PlanPlacement, the_record_decides_for_a_dependency) {
    for (const Placement placement :
         {Placement::kernel, Placement::user_process, Placement::sync_caller}) {
        World world;
        world.add_domain(3);
        world.add_file(client_of("a"));
        world.add_file(plain("a", placement));
        ASSERT_EQ(world.load("client", Placement::domain, 3), "");
        EXPECT_EQ(world.step_of("client").domain, 3u);
        EXPECT_EQ(world.step_of("a").placement, placement);
        EXPECT_EQ(world.step_of("a").domain,
                  placement == Placement::user_process ? kNewDomain : kKernelDomain);
    }
}

TEST(PlanPlacement, new_domains_are_numbered_in_load_order) {
    World world;
    ModuleSpec top = client_of("a");
    top.requires_.push_back({.name = "b.m"});
    world.add_file(top);
    ModuleSpec a = plain("a", Placement::user_process);
    a.requires_.push_back({.name = "c.m"});
    world.add_file(a);
    world.add_file(plain("b", Placement::kernel));
    world.add_file(plain("c", Placement::user_process));
    ASSERT_EQ(world.load("client", Placement::user_process), "");
    EXPECT_EQ(world.order(), "b c a client");
    EXPECT_EQ(world.step_of("c").domain, kNewDomain);
    EXPECT_EQ(world.step_of("a").domain, kNewDomain + 1);
    EXPECT_EQ(world.step_of("client").domain, kNewDomain + 2);
}

TEST(PlanPlacement, an_unknown_module_is_refused) {
    World world;
    world.add_file(plain("a"));
    EXPECT_EQ(world.load("b"), "b: there is no such module");
    EXPECT_EQ(World{}.load("b"), "b: there is no such module");
    EXPECT_EQ(world.load("b\n\x1b[2J"), "b??[2J: there is no such module");
}

TEST(PlanPlacement, a_loaded_module_is_refused_with_its_place) {
    World world;
    world.add_kernel(plain("nucleus"));
    world.add_loaded(plain("a"), Placement::kernel);
    world.add_loaded(plain("b"), Placement::domain, 4);
    world.add_file(plain("a"));
    EXPECT_EQ(world.load("a"), "a: is loaded already, in the kernel");
    EXPECT_EQ(world.load("b"), "b: is loaded already, in domain 4");
    EXPECT_EQ(world.load("nucleus"), "nucleus: is the kernel itself");
}

TEST(PlanPlacement, a_name_of_two_files_is_refused) {
    World world;
    world.add_file(plain("a"));
    world.add_file(plain("a"));
    EXPECT_EQ(world.load("a"), "a: 2 files hold a module of this name");
}

TEST(PlanPlacement, an_unknown_domain_is_refused) {
    World world;
    world.add_domain(3);
    world.add_file(plain("a"));
    EXPECT_EQ(world.load("a", Placement::domain, 4), "a: there is no domain 4");
    EXPECT_EQ(world.load("a", Placement::domain, kNewDomain), "a: there is no domain 2147483648");
}

TEST(PlanPlacement, the_kernel_is_not_reached_as_a_domain) {
    World world;
    world.add_domain(kKernelDomain);
    world.add_file(plain("a"));
    EXPECT_EQ(world.load("a", Placement::domain, kKernelDomain),
              "a: domain 0 is the kernel, which --domain does not name");
}

TEST(PlanPlacement, an_unknown_placement_is_refused) {
    World world;
    world.add_file(plain("a"));
    EXPECT_EQ(world.load("a", Placement{4}), "a: is asked for with an unknown placement");
}

TEST(PlanPlacement, floating_point_is_refused_everywhere_where_it_is_not_kept) {
    World world;
    world.user_floating_point = false;
    world.add_domain(5);
    world.add_file(floating_point("a"));
    world.add_file({.name = "b", .requires_ = {{.name = "a.x"}}});
    ModuleSpec needed = floating_point("c", Placement::user_process);
    needed.provides = {{.name = "a.x"}};
    world.add_file(needed);
    const std::string reason =
        "uses floating point, whose registers this system keeps in no placement";
    EXPECT_EQ(world.load("a", Placement::kernel), "a: " + reason);
    EXPECT_EQ(world.load("a", Placement::sync_caller), "a: " + reason);
    EXPECT_EQ(world.load("a", Placement::user_process), "a: " + reason);
    EXPECT_EQ(world.load("a", Placement::domain, 5), "a: " + reason);
    EXPECT_EQ(world.load("b", Placement::user_process), "c (needed by b): " + reason);
}

TEST(PlanPlacement, floating_point_is_refused_in_the_kernel) {
    World world;
    world.add_domain(3);
    world.add_file(floating_point("a"));
    const std::string reason =
        "a: uses floating point, which is not kept in the kernel: use --user-process";
    EXPECT_EQ(world.load("a", Placement::kernel), reason);
    EXPECT_EQ(world.load("a", Placement::sync_caller), reason);
    EXPECT_EQ(world.load("a", Placement::user_process), "");
    EXPECT_EQ(world.load("a", Placement::domain, 3), "");
}

TEST(PlanPlacement, a_driver_is_refused_on_its_callers_thread) {
    World world;
    world.add_domain(3);
    world.add_file(driver("a"));
    EXPECT_EQ(world.load("a", Placement::sync_caller),
              "a: asks for devices, whose interrupts need an executor of its own: not with "
              "--sync-caller");
    EXPECT_EQ(world.load("a", Placement::kernel), "");
    EXPECT_EQ(world.load("a", Placement::user_process), "");
    EXPECT_EQ(world.load("a", Placement::domain, 3), "");
}

TEST(PlanPlacement, a_dependency_that_cannot_have_its_place_names_who_needs_it) {
    World world;
    world.add_file(client_of("a"));
    world.add_file(floating_point("a", Placement::kernel));
    EXPECT_EQ(world.load("client", Placement::user_process),
              "a (needed by client): uses floating point, which is not kept in the kernel: use "
              "--user-process");

    World other;
    other.add_file(client_of("a"));
    other.add_file(driver("a", Placement::sync_caller));
    EXPECT_EQ(other.load("client", Placement::user_process),
              "a (needed by client): asks for devices, whose interrupts need an executor of its "
              "own: not with --sync-caller");
}

} // namespace
} // namespace cw::loader::test
