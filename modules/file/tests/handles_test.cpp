#include "handles.hpp"
#include <gtest/gtest.h>
#include <vector>

namespace {

using cw::Status;
using file::Handles;

constexpr std::uint64_t kAlice = 7, kBob = 8;

std::uint64_t open_one(Handles& handles, std::uint64_t owner) {
    return handles.opened(*handles.claim(owner, 1));
}

TEST(Handles, are_of_who_opened_them) {
    Handles handles;
    const std::uint64_t handle = open_one(handles, kAlice);
    EXPECT_TRUE(handles.find(kAlice, handle).has_value());
    EXPECT_EQ(handles.find(kBob, handle).error(), Status::not_found);
}

TEST(Handles, that_were_closed_are_none) {
    Handles handles;
    const std::uint64_t handle = open_one(handles, kAlice);
    const std::uint32_t slot = *handles.find(kAlice, handle);
    handles.close(slot);
    EXPECT_EQ(handles.find(kAlice, handle).error(), Status::not_found);
    handles.give_back(slot);
    // The same slot again: another generation.
    const std::uint64_t next = open_one(handles, kAlice);
    EXPECT_EQ(static_cast<std::uint32_t>(next), slot);
    EXPECT_NE(next, handle);
    EXPECT_EQ(handles.find(kAlice, handle).error(), Status::not_found);
    EXPECT_TRUE(handles.find(kAlice, next).has_value());
}

TEST(Handles, are_none_before_the_file_is_open) {
    Handles handles;
    const std::uint32_t slot = *handles.claim(kAlice, 1);
    for (std::uint64_t generation = 0; generation < 4; ++generation)
        EXPECT_FALSE(handles.find(kAlice, slot | generation << 32).has_value());
}

TEST(Handles, that_were_made_up_are_none) {
    Handles handles;
    static_cast<void>(open_one(handles, kAlice));
    for (const std::uint64_t handle : {std::uint64_t{0},
                                       ~std::uint64_t{0},
                                       std::uint64_t{256},
                                       std::uint64_t{1} << 32 | 256,
                                       std::uint64_t{1} << 32 | 0xffff'ffff,
                                       std::uint64_t{2} << 32})
        EXPECT_FALSE(handles.find(kAlice, handle).has_value()) << handle;
}

TEST(Handles, of_one_client_leave_room_for_others) {
    Handles handles;
    for (std::uint32_t i = 0; i < file::kMostOfOneClient; ++i)
        EXPECT_TRUE(handles.claim(kAlice, 1).has_value());
    EXPECT_EQ(handles.claim(kAlice, 1).error(), Status::no_resource);
    EXPECT_TRUE(handles.claim(kBob, 1).has_value());
}

TEST(Handles, end_where_the_device_has_no_more_slots) {
    Handles handles;
    std::uint64_t owner = 100;
    for (std::uint32_t i = 0; i < cw::abi::kFileSlots; ++i)
        EXPECT_TRUE(handles.claim(owner + i / file::kMostOfOneClient, 1).has_value());
    EXPECT_EQ(handles.claim(kAlice, 1).error(), Status::no_resource);
}

TEST(Handles, of_a_client_that_has_ended_are_found) {
    Handles handles;
    std::vector<std::uint64_t> mine;
    for (int i = 0; i < 3; ++i) {
        mine.push_back(open_one(handles, kAlice));
        static_cast<void>(open_one(handles, kBob));
    }
    for (std::uint32_t slot = handles.any_open(kAlice); slot != Handles::kNone;
         slot = handles.any_open(kAlice)) {
        handles.close(slot);
        handles.give_back(slot);
    }
    EXPECT_EQ(handles.taken(), 3u);
    EXPECT_EQ(handles.any_open(kAlice), Handles::kNone);
    EXPECT_NE(handles.any_open(kBob), Handles::kNone);
}

} // namespace
