#include <gtest/gtest.h>

#include "../quantity.hpp"

namespace shell {
namespace {

TEST(QuantityTest, reads_digits_and_what_stands_behind_them) {
    EXPECT_EQ(parse_quantity("0"), 0u);
    EXPECT_EQ(parse_quantity("250"), 250u);
    EXPECT_EQ(parse_quantity("8M"), 8'000'000u);
    EXPECT_EQ(parse_quantity("8Mi"), 8u << 20);
    EXPECT_EQ(parse_quantity("3k"), 3'000u);
    EXPECT_EQ(parse_quantity("18446744073709551615"), ~std::uint64_t{0});
    EXPECT_EQ(parse_quantity("0x1f"), 31u);
    EXPECT_EQ(parse_quantity("-3"), std::uint64_t{0} - 3);
    EXPECT_EQ(parse_quantity("-9223372036854775808"), std::uint64_t{1} << 63);
}

TEST(QuantityTest, everything_else_is_no_number) {
    for (const char* text : {"",
                             "-",
                             "x",
                             "0x",
                             "8Q",
                             "8MM",
                             "8Mib",
                             "8 M",
                             "1.5M",
                             "18446744073709551616",
                             "20000000T",
                             "-9223372036854775809",
                             "--1",
                             "0x1g"})
        EXPECT_FALSE(parse_quantity(text)) << text;
}

} // namespace
} // namespace shell
