// Who satisfies a requirement, and the refusals when it is nobody or more than one.
#include <gtest/gtest.h>

#include "plan_world.hpp"

namespace cw::loader::test {
namespace {

using abi::Placement;

/// A module `name` that provides one method.
ModuleSpec provider(const std::string& name, const MethodSpec& method) {
    return {.name = name, .provides = {method}};
}

/// The module "client" that requires one method.
ModuleSpec client(const MethodSpec& method) {
    return {.name = "client", .requires_ = {method}};
}

TEST(PlanProvider, a_file_is_pulled_in) {
    World world;
    world.add_file(client({.name = "log.put"}));
    world.add_file(provider("logger", {.name = "log.put"}));
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.order(), "logger client");
}

TEST(PlanProvider, the_right_method_of_several_is_linked) {
    World world;
    world.add_file(client({.name = "log.put"}));
    world.add_file({.name = "logger",
                    .provides = {{.name = "log.flush"}, {.name = "log.put"}, {.name = "log.cut"}}});
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.plan().edges[0].provide, 1u);
    EXPECT_EQ(world.edges(), "client>log.put>logger=ring");
}

TEST(PlanProvider, a_loaded_module_goes_before_files) {
    World world;
    world.add_file(client({.name = "log.put"}));
    world.add_file(provider("file_logger", {.name = "log.put"}));
    world.add_loaded(provider("logger", {.name = "log.put"}), Placement::sync_caller);
    world.add_file(provider("other_logger", {.name = "log.put"}));
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.order(), "client");
    EXPECT_EQ(world.edges(), "client>log.put>logger=direct");
}

TEST(PlanProvider, a_module_of_the_kernel_goes_before_files) {
    World world;
    world.add_file(client({.name = "clock.now"}));
    world.add_file(provider("clock", {.name = "clock.now"}));
    world.add_kernel(provider("nucleus", {.name = "clock.now"}));
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.edges(), "client>clock.now>nucleus=direct");
}

TEST(PlanProvider, a_file_that_fits_goes_before_a_loaded_module_that_does_not) {
    World world;
    world.add_file(client({.name = "log.put", .version_minor = 2}));
    world.add_loaded(provider("logger", {.name = "log.put", .version_minor = 1}),
                     Placement::kernel);
    world.add_file(provider("new_logger", {.name = "log.put", .version_minor = 2}));
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.edges(), "client>log.put>new_logger=ring");
}

TEST(PlanProvider, the_file_of_a_loaded_module_does_not_count) {
    World world;
    world.add_loaded(provider("logger", {.name = "log.put"}), Placement::kernel);
    ModuleSpec newer = provider("logger", {.name = "log.put"});
    newer.provides.push_back({.name = "log.flush"});
    world.add_file(newer);
    world.add_file(client({.name = "log.flush"}));
    EXPECT_EQ(world.load("client"), "client requires log.flush, which nobody provides");
}

TEST(PlanProvider, a_module_satisfies_itself_first) {
    World world;
    ModuleSpec both = client({.name = "log.put"});
    both.provides = {{.name = "log.put"}};
    world.add_file(both);
    world.add_loaded(provider("logger", {.name = "log.put"}), Placement::sync_caller);
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.edges(), "client>log.put>client=direct");
}

TEST(PlanProvider, the_requested_module_goes_before_other_files) {
    World world;
    ModuleSpec requested = client({.name = "text.format"});
    requested.provides = {{.name = "log.put"}};
    world.add_file(requested);
    ModuleSpec formatter = provider("formatter", {.name = "text.format"});
    formatter.requires_ = {{.name = "log.put"}};
    world.add_file(formatter);
    world.add_file(provider("logger", {.name = "log.put"}));
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.edges(), "client>text.format>formatter=ring formatter>log.put>client=ring");
}

TEST(PlanProvider, a_missing_provider_is_refused) {
    World world;
    world.add_file(client({.name = "log.put"}));
    EXPECT_EQ(world.load("client"), "client requires log.put, which nobody provides");
}

TEST(PlanProvider, a_missing_provider_of_a_dependency_is_refused) {
    World world;
    world.add_file(client({.name = "log.put"}));
    ModuleSpec logger = provider("logger", {.name = "log.put"});
    logger.requires_ = {{.name = "uart.write"}};
    world.add_file(logger);
    EXPECT_EQ(world.load("client"), "logger requires uart.write, which nobody provides");
}

TEST(PlanProvider, an_optional_requirement_may_stay_unsatisfied) {
    World world;
    world.add_file(client({.name = "log.put", .flags = abi::kMethodOptional}));
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.edges(), "client>log.put>=none");
    EXPECT_EQ(world.plan().edges[0].provider, SIZE_MAX);
}

TEST(PlanProvider, an_optional_requirement_loads_nothing) {
    World world;
    world.add_file(client({.name = "log.put", .flags = abi::kMethodOptional}));
    world.add_file(provider("logger", {.name = "log.put"}));
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.order(), "client");
    EXPECT_EQ(world.edges(), "client>log.put>=none");
}

TEST(PlanProvider, an_optional_requirement_is_satisfied_by_a_loaded_module) {
    World world;
    world.add_file(client({.name = "log.put", .flags = abi::kMethodOptional}));
    world.add_loaded(provider("logger", {.name = "log.put"}), Placement::sync_caller);
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.edges(), "client>log.put>logger=direct");
}

TEST(PlanProvider, an_optional_requirement_is_satisfied_by_what_the_plan_loads_anyway) {
    const MethodSpec optional{.name = "log.put", .flags = abi::kMethodOptional};
    const MethodSpec needed{.name = "log.flush"};
    for (const bool optional_first : {true, false}) {
        World world;
        ModuleSpec both{.name = "client"};
        both.requires_ =
            optional_first ? std::vector{optional, needed} : std::vector{needed, optional};
        world.add_file(both);
        world.add_file(
            {.name = "logger", .provides = {{.name = "log.flush"}, {.name = "log.put"}}});
        ASSERT_EQ(world.load("client"), "");
        EXPECT_EQ(world.order(), "logger client");
        EXPECT_EQ(world.path_to("log.put"), Path::ring);
    }
}

TEST(PlanProvider, an_optional_requirement_orders_what_it_does_not_load) {
    // "second" needs "third" only optionally, yet is loaded behind it.
    World world;
    world.add_file({.name = "first", .requires_ = {{.name = "second.m"}, {.name = "third.m"}}});
    world.add_file({.name = "second",
                    .provides = {{.name = "second.m"}},
                    .requires_ = {{.name = "third.m", .flags = abi::kMethodOptional}}});
    world.add_file({.name = "third", .provides = {{.name = "third.m"}}});
    ASSERT_EQ(world.load("first"), "");
    EXPECT_EQ(world.order(), "third second first");
}

TEST(PlanProvider, files_that_nobody_loads_do_not_disturb_an_optional_requirement) {
    World world;
    world.add_file(client({.name = "log.put", .flags = abi::kMethodOptional}));
    world.add_file(provider("one", {.name = "log.put"}));
    world.add_file(provider("two", {.name = "log.put"}));
    world.add_file(provider("newer", {.name = "log.put", .version_major = 2}));
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.edges(), "client>log.put>=none");
}

TEST(PlanProvider, an_optional_requirement_is_not_satisfied_by_what_does_not_fit) {
    World world;
    world.add_file(client({.name = "log.put", .version_major = 2, .flags = abi::kMethodOptional}));
    world.add_loaded(provider("other", {.name = "log.put"}), Placement::kernel);
    EXPECT_EQ(world.load("client"),
              "client requires log.put version 2.0, but other provides version 1.0");
}

TEST(PlanProvider, several_providers_are_refused_by_name) {
    World files;
    files.add_file(client({.name = "log.put"}));
    for (const char* const name : {"beta", "alpha", "gamma"})
        files.add_file(provider(name, {.name = "log.put"}));
    EXPECT_EQ(files.load("client"),
              "client requires log.put, which several modules provide: beta, alpha, gamma");

    World loaded;
    loaded.add_file(client({.name = "log.put"}));
    loaded.add_kernel(provider("nucleus", {.name = "log.put"}));
    loaded.add_loaded(provider("logger", {.name = "log.put"}), Placement::kernel);
    loaded.add_file(provider("file_logger", {.name = "log.put"}));
    EXPECT_EQ(loaded.load("client"),
              "client requires log.put, which several modules provide: nucleus, logger");
}

TEST(PlanProvider, several_providers_that_do_not_fit_are_no_obstacle) {
    World world;
    world.add_file(client({.name = "log.put"}));
    world.add_file(provider("fits", {.name = "log.put"}));
    world.add_file(provider("newer", {.name = "log.put", .version_major = 2}));
    world.add_file(provider("differs", {.name = "log.put", .signature = "log.put(x:u8)->()"}));
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.edges(), "client>log.put>fits=ring");
}

} // namespace
} // namespace cw::loader::test
