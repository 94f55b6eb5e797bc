// How refusals are worded, whatever text a hostile file puts into them.
#include "../src/complaint.hpp"

#include <gtest/gtest.h>
#include <string>

namespace cw::loader::test {
namespace {

TEST(Complaint, fills_its_holes_in_order) {
    const std::uint64_t number = 7;
    EXPECT_EQ(complaint("{} has {} of {}", {"file", number, Hex{255}}).view(),
              "file has 7 of 0xff");
}

TEST(Complaint, keeps_a_hole_without_a_filler_and_drops_a_filler_without_a_hole) {
    EXPECT_EQ(complaint("{} and {}", {"one"}).view(), "one and {}");
    EXPECT_EQ(complaint("none", {"one"}).view(), "none");
    EXPECT_EQ(complaint("", {}).view(), "");
}

TEST(Complaint, does_not_look_for_holes_in_what_fills_them) {
    EXPECT_EQ(complaint("{} {}", {"{}", "x"}).view(), "{} x");
}

TEST(Complaint, shows_only_printable_characters) {
    EXPECT_EQ(complaint("<{}>", {" ~\x1fx\x7fx\nx\xff"}).view(), "< ~?x?x?x?>");
    EXPECT_EQ(complaint("<{}>", {std::string_view{"a\0b", 3}}).view(), "<a?b>");
}

TEST(Complaint, is_cut_where_the_line_ends) {
    const std::string full(kMessageBytes, 'x');
    EXPECT_EQ(complaint("{}", {std::string_view{full}}).view(), full);
    for (const std::size_t more : {1uz, 5uz, 1000uz}) {
        const std::string expected = full.substr(3) + "...";
        const std::string longer = full + std::string(more, 'y');
        EXPECT_EQ(complaint("{}", {std::string_view{longer}}).view(), expected);
    }
}

} // namespace
} // namespace cw::loader::test
