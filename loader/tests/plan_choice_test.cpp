// "--link METHOD=PATH": which choices are followed, and the exact words for those that cannot be.
#include <gtest/gtest.h>

#include "plan_world.hpp"

namespace cw::loader::test {
namespace {

using abi::Placement;

/// A client of "disk" and "log"; disk has two methods, the second of them queued only.
class PlanChoice : public testing::Test {
protected:
    static ModuleSpec disk(Placement placement = Placement::kernel) {
        return {.name = "disk",
                .provides = {{.name = "disk.read"},
                             {.name = "disk.write", .flags = abi::kMethodQueuedOnly}},
                .default_placement = placement};
    }
    void add_client() {
        world.add_file({.name = "client",
                        .requires_ = {{.name = "disk.read"},
                                      {.name = "disk.write"},
                                      {.name = "log.put", .flags = abi::kMethodOptional}}});
    }
    void SetUp() override {
        world.add_domain(5);
        world.add_domain(6);
        add_client();
    }

    World world;
};

TEST_F(PlanChoice, a_method_can_be_weakened_alone) {
    world.add_loaded(disk(), Placement::sync_caller);
    world.choose("disk.read", Path::ring);
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.path_to("disk.read"), Path::ring);
}

TEST_F(PlanChoice, a_service_is_chosen_with_all_its_methods) {
    world.add_loaded(disk(), Placement::domain, 5);
    world.choose("disk", Path::ring);
    ASSERT_EQ(world.load("client", Placement::domain, 5), "");
    EXPECT_EQ(world.edges(),
              "client>disk.read>disk=ring client>disk.write>disk=ring "
              "client>log.put>=none");
}

TEST_F(PlanChoice, a_method_goes_before_its_service) {
    world.add_loaded(disk(), Placement::domain, 5);
    for (const bool service_first : {true, false}) {
        World copy;
        copy.add_domain(5);
        copy.add_loaded(disk(), Placement::domain, 5);
        copy.add_file(
            {.name = "client", .requires_ = {{.name = "disk.read"}, {.name = "disk.write"}}});
        if (service_first)
            copy.choose("disk", Path::ring);
        copy.choose("disk.read", Path::direct);
        if (!service_first)
            copy.choose("disk", Path::ring);
        ASSERT_EQ(copy.load("client", Placement::domain, 5), "");
        EXPECT_EQ(copy.path_to("disk.read"), Path::direct);
        EXPECT_EQ(copy.path_to("disk.write"), Path::ring);
    }
}

TEST_F(PlanChoice, the_default_may_be_asked_for) {
    world.add_loaded(disk(), Placement::sync_caller);
    world.choose("disk.read", Path::syscall);
    world.choose("disk.write", Path::ring);
    ASSERT_EQ(world.load("client", Placement::user_process), "");
    EXPECT_EQ(world.path_to("disk.read"), Path::syscall);
    EXPECT_EQ(world.path_to("disk.write"), Path::ring);
}

TEST_F(PlanChoice, every_edge_of_the_plan_counts) {
    world.add_file({.name = "disk",
                    .provides = {{.name = "disk.read"}, {.name = "disk.write"}},
                    .requires_ = {{.name = "bus.move"}},
                    .default_placement = Placement::sync_caller});
    world.add_kernel({.name = "nucleus", .provides = {{.name = "bus.move"}}});
    world.choose("bus.move", Path::ring);
    ASSERT_EQ(world.load("client"), "");
    EXPECT_EQ(world.path_to("bus.move"), Path::ring);
    EXPECT_EQ(world.path_to("disk.read"), Path::direct);
}

TEST_F(PlanChoice, syscall_to_a_user_module_is_refused) {
    world.add_loaded(disk(), Placement::user_process, 5);
    world.choose("disk.read", Path::syscall);
    const std::string message = "--link disk.read=syscall: the kernel would wait synchronously on "
                                "disk, a user module in domain 5";
    EXPECT_EQ(world.load("client", Placement::kernel), message);
    EXPECT_EQ(world.load("client", Placement::sync_caller), message);
    EXPECT_EQ(world.load("client", Placement::user_process), message);
    EXPECT_EQ(world.load("client", Placement::domain, 5), message);
    EXPECT_EQ(world.load("client", Placement::domain, 6), message);
}

TEST_F(PlanChoice, syscall_to_a_new_user_module_is_refused) {
    world.add_file(disk(Placement::user_process));
    world.choose("disk", Path::syscall);
    EXPECT_EQ(world.load("client"),
              "--link disk=syscall: the kernel would wait synchronously on disk, a user module in "
              "a new domain");
}

TEST_F(PlanChoice, direct_across_domains_is_refused) {
    world.add_loaded(disk(), Placement::user_process, 5);
    world.choose("disk.read", Path::direct);
    EXPECT_EQ(world.load("client", Placement::kernel),
              "--link disk.read=direct: client is in the kernel and disk in domain 5: a direct "
              "call cannot cross domains");
    EXPECT_EQ(world.load("client", Placement::domain, 6),
              "--link disk.read=direct: client is in domain 6 and disk in domain 5: a direct call "
              "cannot cross domains");
    EXPECT_EQ(world.load("client", Placement::user_process),
              "--link disk.read=direct: client is in a new domain and disk in domain 5: a direct "
              "call cannot cross domains");
}

TEST_F(PlanChoice, direct_into_the_kernel_is_refused) {
    world.add_loaded(disk(), Placement::sync_caller);
    world.choose("disk.read", Path::direct);
    EXPECT_EQ(world.load("client", Placement::user_process),
              "--link disk.read=direct: client is in a new domain and disk in the kernel: a direct "
              "call cannot cross domains");
}

TEST_F(PlanChoice, direct_between_new_domains_is_refused) {
    world.add_file(disk(Placement::user_process));
    world.choose("disk.read", Path::direct);
    EXPECT_EQ(world.load("client", Placement::user_process),
              "--link disk.read=direct: client is in a new domain and disk in a new domain: a "
              "direct call cannot cross domains");
}

TEST_F(PlanChoice, a_synchronous_path_to_an_executor_of_its_own_is_refused) {
    world.add_loaded(disk(), Placement::kernel);
    world.choose("disk.read", Path::syscall);
    EXPECT_EQ(world.load("client", Placement::user_process),
              "--link disk.read=syscall: disk runs on an executor of its own: load it with "
              "--sync-caller");

    World other;
    other.add_loaded(disk(), Placement::kernel);
    other.add_file({.name = "client", .requires_ = {{.name = "disk.read"}}});
    other.choose("disk.read", Path::direct);
    EXPECT_EQ(other.load("client", Placement::kernel),
              "--link disk.read=direct: disk runs on an executor of its own: load it with "
              "--sync-caller");
}

TEST_F(PlanChoice, syscall_within_the_kernel_is_refused) {
    world.add_loaded(disk(), Placement::sync_caller);
    world.choose("disk.read", Path::syscall);
    EXPECT_EQ(world.load("client", Placement::kernel),
              "--link disk.read=syscall: client is in the kernel already, like disk");
}

TEST_F(PlanChoice, a_synchronous_path_to_a_queued_method_is_refused) {
    world.add_loaded(disk(), Placement::sync_caller);
    world.choose("disk.write", Path::syscall);
    EXPECT_EQ(world.load("client", Placement::user_process),
              "--link disk.write=syscall: disk declares disk.write as queued only");

    World other;
    other.add_loaded(disk(), Placement::sync_caller);
    other.add_file({.name = "client", .requires_ = {{.name = "disk.write"}}});
    other.choose("disk.write", Path::direct);
    EXPECT_EQ(other.load("client", Placement::kernel),
              "--link disk.write=direct: disk declares disk.write as queued only");
}

TEST_F(PlanChoice, a_choice_for_a_service_must_suit_all_its_methods) {
    world.add_loaded(disk(), Placement::sync_caller);
    world.choose("disk", Path::syscall);
    EXPECT_EQ(world.load("client", Placement::user_process),
              "--link disk=syscall: disk declares disk.write as queued only");
}

TEST_F(PlanChoice, the_providers_own_stub_takes_the_place_of_any_path) {
    for (const Placement client : {Placement::user_process, Placement::kernel}) {
        World copy;
        copy.add_loaded({.name = "disk", .provides = {{.name = "disk.read", .remote_stub = true}}},
                        Placement::sync_caller);
        copy.add_file({.name = "client", .requires_ = {{.name = "disk.read"}}});
        copy.choose("disk.read", Path::remote);
        ASSERT_EQ(copy.load("client", client), "");
        EXPECT_EQ(copy.edges(), "client>disk.read>disk=remote");
    }
    world.add_loaded({.name = "disk",
                      .provides = {{.name = "disk.read", .remote_stub = true},
                                   {.name = "disk.write", .remote_stub = true}}},
                     Placement::user_process,
                     5);
    world.choose("disk", Path::remote);
    world.choose("disk.write", Path::ring);
    ASSERT_EQ(world.load("client", Placement::domain, 6), "");
    EXPECT_EQ(world.path_to("disk.read"), Path::remote);
    EXPECT_EQ(world.path_to("disk.write"), Path::ring);
}

TEST_F(PlanChoice, no_stub_of_a_user_module_is_linked_into_the_kernel) {
    world.add_loaded(
        {.name = "disk",
         .provides = {{.name = "disk.read", .remote_stub = true}, {.name = "disk.write"}}},
        Placement::user_process,
        5);
    world.choose("disk.read", Path::remote);
    const std::string message = "--link disk.read=remote: client is in the kernel, which would run "
                                "code of disk, a user module in domain 5";
    EXPECT_EQ(world.load("client", Placement::kernel), message);
    EXPECT_EQ(world.load("client", Placement::sync_caller), message);
    EXPECT_EQ(world.load("client", Placement::user_process), "");
}

TEST_F(PlanChoice, a_stub_that_is_missing_or_does_not_fit_is_refused) {
    world.add_loaded({.name = "disk",
                      .provides = {{.name = "disk.read"},
                                   {.name = "disk.write",
                                    .remote_stub = true,
                                    .remote_layout = kSubmitLayout + 1}}},
                     Placement::kernel);
    world.choose("disk.read", Path::remote);
    EXPECT_EQ(world.load("client"),
              "--link disk.read=remote: disk brings no stub of its own for disk.read");

    World other;
    other.add_loaded({.name = "disk",
                      .provides = {{.name = "disk.read",
                                    .remote_stub = true,
                                    .remote_layout = kSubmitLayout + 1}}},
                     Placement::kernel);
    other.add_file({.name = "client", .requires_ = {{.name = "disk.read"}}});
    other.choose("disk", Path::remote);
    EXPECT_EQ(other.load("client"),
              "--link disk=remote: disk was compiled for another runtime: its stub for disk.read "
              "does not fit");
}

TEST_F(PlanChoice, a_choice_that_matches_nothing_is_refused) {
    for (const char* const name :
         {"disk.erase", "dis", "disk.rea", "disk.read.", "disk.", ".read", "", "log", "log.put"}) {
        World copy;
        copy.add_loaded(disk(), Placement::sync_caller);
        copy.add_file({.name = "client",
                       .requires_ = {{.name = "disk.read"},
                                     {.name = "log.put", .flags = abi::kMethodOptional}}});
        copy.choose(name, Path::ring);
        EXPECT_EQ(copy.load("client"),
                  "--link " + std::string{name} + "=ring: this plan links nothing of that name");
    }
}

TEST_F(PlanChoice, an_overruled_choice_counts_as_used) {
    world.add_loaded(disk(), Placement::domain, 5);
    world.choose("disk.read", Path::direct);
    world.choose("disk.write", Path::direct);
    world.choose("disk", Path::ring);
    ASSERT_EQ(world.load("client", Placement::domain, 5), "");
    EXPECT_EQ(world.path_to("disk.write"), Path::direct);
}

TEST_F(PlanChoice, no_path_cannot_be_asked_for) {
    world.add_loaded(disk(), Placement::sync_caller);
    world.choose("disk.read", Path::none);
    EXPECT_EQ(world.load("client"), "--link disk.read=none: this is not a path to ask for");
}

TEST_F(PlanChoice, a_second_choice_for_the_same_name_is_refused) {
    world.add_loaded(disk(), Placement::sync_caller);
    world.choose("disk.read", Path::ring);
    world.choose("disk.read", Path::direct);
    EXPECT_EQ(world.load("client"), "--link disk.read=direct: ring was chosen before");
}

} // namespace
} // namespace cw::loader::test
