#include "paths.hpp"
#include <gtest/gtest.h>
#include <string>

namespace {

using cw::Status;
using file::check_path;
using namespace std::string_view_literals;

TEST(Paths, what_stays_below_a_grant_is_passed_on) {
    for (const auto path : {"data"sv,
                            "data/x"sv,
                            "data/a/b/c.txt"sv,
                            "data/"sv,
                            "data/...x"sv,
                            "data/..x"sv,
                            "data/x.."sv,
                            "data/.hidden"sv})
        EXPECT_EQ(check_path(path), Status::ok) << path;
}

TEST(Paths, what_leads_out_is_not_permitted) {
    for (const auto path : {".."sv,
                            "/etc/passwd"sv,
                            "/"sv,
                            "data/.."sv,
                            "data/../x"sv,
                            "data/a/../../x"sv,
                            "../data"sv,
                            "data/a/.."sv,
                            "data/../"sv})
        EXPECT_EQ(check_path(path), Status::not_permitted) << path;
}

TEST(Paths, what_is_no_path_is_refused) {
    for (const auto path :
         {""sv, "."sv, "data//x"sv, "data/./x"sv, "data/x\0y"sv, "\0"sv, "data//"sv})
        EXPECT_EQ(check_path(path), Status::invalid_argument) << path;
}

TEST(Paths, length_has_a_limit) {
    const std::string longest = "data/" + std::string(cw::abi::kMaxPathBytes - 5, 'x');
    EXPECT_EQ(check_path(longest), Status::ok);
    EXPECT_EQ(check_path(longest + "x"), Status::invalid_argument);
}

TEST(Errors, have_a_status_each) {
    EXPECT_EQ(cw::abi::status_of_errno(2), Status::not_found);
    EXPECT_EQ(cw::abi::status_of_errno(18), Status::not_permitted); // EXDEV: out of the grant
    EXPECT_EQ(cw::abi::status_of_errno(125), Status::cancelled);
    EXPECT_EQ(cw::abi::status_of_errno(28), Status::no_resource);
    EXPECT_EQ(cw::abi::status_of_errno(5), Status::refused); // EIO
    EXPECT_EQ(cw::abi::status_of_errno(4096), Status::refused);
}

} // namespace
