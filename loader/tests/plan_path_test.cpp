// The placement matrix: for every place of a client and every place of a provider, how the edge is
// linked by default.
#include <gtest/gtest.h>
#include <ostream>

#include "plan_world.hpp"

namespace cw::loader::test {
namespace {

using abi::Placement;

constexpr DomainId kSharedDomain = 7; ///< Exists; a provider lives there, and a client may join it.
constexpr DomainId kOtherDomain = 8;  ///< Exists; the client never joins it.

/// One module for each place that a provider can have, each with one method, and a client that
/// requires them all and one of its own.
World world_with_all_providers(std::uint32_t method_flags) {
    const std::vector<std::string> services = {
        "nucleus", "kernel", "sync", "shared", "other", "new_kernel", "new_sync", "new_user"};
    const auto provider = [&](const std::string& name, Placement placement = Placement::kernel) {
        return ModuleSpec{.name = name,
                          .provides = {{.name = name + ".m", .flags = method_flags}},
                          .default_placement = placement};
    };
    World world;
    world.add_domain(kOtherDomain);
    world.add_domain(kSharedDomain);
    world.add_kernel(provider("nucleus"));
    world.add_loaded(provider("kernel"), Placement::kernel);
    world.add_loaded(provider("sync"), Placement::sync_caller);
    world.add_loaded(provider("shared"), Placement::user_process, kSharedDomain);
    world.add_loaded(provider("other"), Placement::domain, kOtherDomain);
    world.add_file(provider("new_kernel", Placement::kernel));
    world.add_file(provider("new_sync", Placement::sync_caller));
    world.add_file(provider("new_user", Placement::user_process));
    ModuleSpec client = provider("client");
    for (const std::string& service : services)
        client.requires_.push_back({.name = service + ".m"});
    client.requires_.push_back({.name = "client.m"});
    world.add_file(client);
    return world;
}

/// "provider=path ..." of the client's edges.
std::string paths(const World& world) {
    std::string list;
    for (const char* const provider : {"nucleus",
                                       "kernel",
                                       "sync",
                                       "shared",
                                       "other",
                                       "new_kernel",
                                       "new_sync",
                                       "new_user",
                                       "client"}) {
        list += list.empty() ? "" : " ";
        list += provider;
        list += "=";
        list += name_of(world.path_to(std::string{provider} + ".m"));
    }
    return list;
}

struct MatrixRow {
    const char* name;
    Placement client;
    DomainId domain;
    const char* paths;
    const char* queued_paths; ///< The same when every method is queued only.
};

constexpr MatrixRow kMatrix[] = {
    {"kernel",
     Placement::kernel,
     kKernelDomain,
     "nucleus=direct kernel=ring sync=direct shared=ring other=ring "
     "new_kernel=ring new_sync=direct new_user=ring client=direct",
     "nucleus=ring kernel=ring sync=ring shared=ring other=ring "
     "new_kernel=ring new_sync=ring new_user=ring client=direct"},
    {"sync_caller",
     Placement::sync_caller,
     kKernelDomain,
     "nucleus=direct kernel=ring sync=direct shared=ring other=ring "
     "new_kernel=ring new_sync=direct new_user=ring client=direct",
     "nucleus=ring kernel=ring sync=ring shared=ring other=ring "
     "new_kernel=ring new_sync=ring new_user=ring client=direct"},
    {"user_process",
     Placement::user_process,
     kKernelDomain,
     "nucleus=syscall kernel=ring sync=syscall shared=ring other=ring "
     "new_kernel=ring new_sync=syscall new_user=ring client=direct",
     "nucleus=ring kernel=ring sync=ring shared=ring other=ring "
     "new_kernel=ring new_sync=ring new_user=ring client=direct"},
    {"domain",
     Placement::domain,
     kSharedDomain,
     "nucleus=syscall kernel=ring sync=syscall shared=direct other=ring "
     "new_kernel=ring new_sync=syscall new_user=ring client=direct",
     "nucleus=ring kernel=ring sync=ring shared=direct other=ring "
     "new_kernel=ring new_sync=ring new_user=ring client=direct"},
};

void PrintTo(const MatrixRow& value, std::ostream* out) {
    *out << value.name;
}

class PlacementMatrix : public testing::TestWithParam<MatrixRow> {};

TEST_P(PlacementMatrix, gives_every_edge_its_path) {
    World world = world_with_all_providers(0);
    ASSERT_EQ(world.load("client", GetParam().client, GetParam().domain), "");
    EXPECT_EQ(paths(world), GetParam().paths);
}

TEST_P(PlacementMatrix, queues_what_is_queued_only) {
    World world = world_with_all_providers(abi::kMethodQueuedOnly);
    ASSERT_EQ(world.load("client", GetParam().client, GetParam().domain), "");
    EXPECT_EQ(paths(world), GetParam().queued_paths);
}

TEST_P(PlacementMatrix, can_be_weakened_to_rings_throughout) {
    World world = world_with_all_providers(0);
    for (const char* const service : {"nucleus",
                                      "kernel",
                                      "sync",
                                      "shared",
                                      "other",
                                      "new_kernel",
                                      "new_sync",
                                      "new_user",
                                      "client"})
        world.choose(service, Path::ring);
    ASSERT_EQ(world.load("client", GetParam().client, GetParam().domain), "");
    for (std::size_t i = 0; i < world.plan().edge_count; ++i)
        EXPECT_EQ(world.plan().edges[i].path, Path::ring);
}

INSTANTIATE_TEST_SUITE_P(Clients,
                         PlacementMatrix,
                         testing::ValuesIn(kMatrix),
                         [](const auto& info) { return std::string{info.param.name}; });

TEST(PlanPath, two_new_modules_in_one_plan_live_apart) {
    World world;
    world.add_file({.name = "front", .requires_ = {{.name = "back.m"}}});
    world.add_file({.name = "back",
                    .provides = {{.name = "back.m"}},
                    .default_placement = Placement::user_process});
    ASSERT_EQ(world.load("front", Placement::user_process), "");
    EXPECT_EQ(world.edges(), "front>back.m>back=ring");
    EXPECT_EQ(world.step_of("back").domain, kNewDomain);
    EXPECT_EQ(world.step_of("front").domain, kNewDomain + 1);
}

TEST(PlanPath, names_are_those_people_write) {
    EXPECT_EQ(name_of(Path::none), "none");
    EXPECT_EQ(name_of(Path::direct), "direct");
    EXPECT_EQ(name_of(Path::syscall), "syscall");
    EXPECT_EQ(name_of(Path::ring), "ring");
    EXPECT_EQ(name_of(Path{9}), "unknown");
}

} // namespace
} // namespace cw::loader::test
