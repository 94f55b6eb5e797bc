// Refusals of a provider that does not quite fit: each names both sides and shows where they
// differ.
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

/// What planning says for one requirement and one provider in a file.
std::string load_with(const MethodSpec& required, const MethodSpec& provided) {
    World world;
    world.add_file(client(required));
    world.add_file(provider("other", provided));
    return world.load("client");
}

TEST(PlanMismatch, versions_must_share_the_major_and_reach_the_minor) {
    const auto load = [](std::uint32_t required_major,
                         std::uint32_t required_minor,
                         std::uint32_t major,
                         std::uint32_t minor) {
        return load_with(
            {.name = "log.put", .version_major = required_major, .version_minor = required_minor},
            {.name = "log.put", .version_major = major, .version_minor = minor});
    };
    EXPECT_EQ(load(2, 1, 2, 1), "");
    EXPECT_EQ(load(2, 1, 2, 7), "");
    EXPECT_EQ(load(2, 1, 2, 0),
              "client requires log.put version 2.1, but other provides version 2.0");
    EXPECT_EQ(load(2, 1, 1, 9),
              "client requires log.put version 2.1, but other provides version 1.9");
    EXPECT_EQ(load(2, 1, 3, 0),
              "client requires log.put version 2.1, but other provides version 3.0");
}

TEST(PlanMismatch, another_signature_is_refused_with_both) {
    EXPECT_EQ(load_with({.name = "log.put", .signature = "log.put(text:Buffer)->()"},
                        {.name = "log.put", .signature = "log.put(line:u64)->(bytes:u32)"}),
              "client requires log.put(text:Buffer)->() but other provides "
              "log.put(line:u64)->(bytes:u32)");
}

TEST(PlanMismatch, the_closest_of_several_misses_is_shown) {
    World world;
    world.add_file(client({.name = "log.put", .version_minor = 3}));
    world.add_loaded(provider("differs", {.name = "log.put", .signature = "log.put(x:u8)->()"}),
                     Placement::kernel);
    world.add_file(provider("older", {.name = "log.put"}));
    world.add_loaded(provider("old", {.name = "log.put", .version_minor = 1}), Placement::kernel);
    EXPECT_EQ(world.load("client"),
              "client requires log.put version 1.3, but old provides version 1.1");
}

TEST(PlanMismatch, long_signatures_are_cut_so_that_both_show) {
    const std::string common = "log.put(" + std::string(150, 'a');
    const std::string message = load_with({.name = "log.put", .signature = common + ",x:u8)->()"},
                                          {.name = "log.put", .signature = common + ",y:u8)->()"});
    EXPECT_EQ(message,
              "client requires log.put(" + std::string(81, 'a') +
                  "... but other provides log.put(" + std::string(81, 'a') +
                  "... (byte 159 differs)");
    EXPECT_LE(message.size(), 240u);
}

TEST(PlanMismatch, signatures_that_just_fit_are_shown_whole) {
    // 240 bytes, less the names and the words between them, leave 204 for both.
    const std::string wanted = "log.put(" + std::string(94, 'a');
    const std::string offered = "log.put(" + std::string(94, 'b');
    EXPECT_EQ(load_with({.name = "log.put", .signature = wanted},
                        {.name = "log.put", .signature = offered}),
              "client requires " + wanted + " but other provides " + offered);
    EXPECT_EQ(load_with({.name = "log.put", .signature = wanted + "a"},
                        {.name = "log.put", .signature = offered}),
              "client requires " + wanted.substr(0, 89) + "... but other provides " +
                  offered.substr(0, 89) + "... (byte 8 differs)");
}

TEST(PlanMismatch, a_signature_that_just_fits_its_half_is_shown_whole) {
    const std::string wanted = "log.put(" + std::string(84, 'a');
    const std::string offered = "log.put(" + std::string(200, 'b');
    EXPECT_EQ(load_with({.name = "log.put", .signature = wanted},
                        {.name = "log.put", .signature = offered}),
              "client requires " + wanted + " but other provides " + offered.substr(0, 89) +
                  "... (byte 8 differs)");
}

TEST(PlanMismatch, a_signature_that_continues_another_is_shown_where_it_does) {
    const std::string wanted = "log.put(" + std::string(192, 'a');
    EXPECT_EQ(load_with({.name = "log.put", .signature = wanted},
                        {.name = "log.put", .signature = wanted + "b"}),
              "client requires " + wanted.substr(0, 89) + "... but other provides " +
                  wanted.substr(0, 89) + "... (byte 200 differs)");
}

TEST(PlanMismatch, of_equal_misses_the_first_is_shown) {
    World world;
    world.add_file(client({.name = "log.put"}));
    world.add_file(provider("one", {.name = "log.put", .signature = "log.put(x:u8)->()"}));
    world.add_file(provider("two", {.name = "log.put", .signature = "log.put(y:u8)->()"}));
    EXPECT_EQ(world.load("client"),
              "client requires log.put()->() but one provides log.put(x:u8)->()");
}

TEST(PlanMismatch, a_short_signature_leaves_its_room_to_the_long_one) {
    const std::string tail(300, 'b');
    EXPECT_EQ(load_with({.name = "log.put", .signature = "log.put()->()"},
                        {.name = "log.put", .signature = "log.put(" + tail}),
              "client requires log.put()->() but other provides log.put(" + tail.substr(0, 160) +
                  "... (byte 8 differs)");
    EXPECT_EQ(load_with({.name = "log.put", .signature = "log.put(" + tail},
                        {.name = "log.put", .signature = "log.put()->()"}),
              "client requires log.put(" + tail.substr(0, 160) +
                  "... but other provides log.put()->() (byte 8 differs)");
}

TEST(PlanMismatch, the_longest_names_and_signatures_fit_on_the_line) {
    World world;
    const std::string method = "s." + std::string(61, 'm');
    ModuleSpec requirer =
        client({.name = method, .signature = method + "(" + std::string(959, 'x')});
    requirer.name = std::string(63, 'c');
    world.add_file(requirer);
    world.add_file(provider(std::string(63, 'p'),
                            {.name = method, .signature = method + "(" + std::string(959, 'y')}));
    const std::string message = world.load(requirer.name);
    EXPECT_LE(message.size(), 240u);
    EXPECT_TRUE(message.ends_with("... (byte 64 differs)")) << message;
    EXPECT_NE(message.find(" but " + std::string(63, 'p') + " provides s.mmm"), std::string::npos);
}

TEST(PlanMismatch, other_record_sizes_under_the_same_signature_are_refused) {
    for (const abi::MethodShape& shape_offered :
         {shape(3, 1), shape(2, 2), shape(2, 1, {0}), shape(2, 1)}) {
        const bool same = shape_offered.argument_words == 2 && shape_offered.reply_words == 1 &&
                          shape_offered.buffers == 0;
        EXPECT_EQ(load_with({.name = "log.put", .shape = shape(2, 1)},
                            {.name = "log.put", .shape = shape_offered}),
                  same ? "" : "client and other disagree about the record sizes of log.put");
    }
}

TEST(PlanMismatch, another_opinion_about_writing_buffers_is_refused) {
    const MethodSpec reads{.name = "log.put", .shape = shape(2, 0, {0})};
    MethodSpec writes = reads;
    writes.flags = abi::kMethodWritesBuffer;
    const std::string message =
        "client and other disagree about whether log.put writes into its buffers";
    EXPECT_EQ(load_with(reads, writes), message);
    EXPECT_EQ(load_with(writes, reads), message);
    EXPECT_EQ(load_with(writes, writes), "");
}

} // namespace
} // namespace cw::loader::test
