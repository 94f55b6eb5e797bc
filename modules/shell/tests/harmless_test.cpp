#include "harmless.hpp"
#include <gtest/gtest.h>
#include <string>

namespace {

std::string harmless(std::string text) {
    shell::make_harmless(text);
    return text;
}

TEST(Harmless, keeps_text) {
    const std::string text = "plain\ttext\r\n~ \xc3\xa4\xe2\x82\xac \xc2\xa0\n";
    EXPECT_EQ(harmless(text), text);
    EXPECT_EQ(harmless(""), "");
}

TEST(Harmless, shows_commands_for_the_terminal_as_dots) {
    EXPECT_EQ(harmless("a\x1b[2Jb"), "a.[2Jb");
    EXPECT_EQ(harmless(std::string("\0\a\b\v\f\x0e\x7f", 7)), ".......");
    EXPECT_EQ(harmless("\xc2\x9b"
                       "31m"),
              "\xc2.31m");
}

} // namespace
