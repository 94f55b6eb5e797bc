#include <cw/core/text.hpp>
#include <gtest/gtest.h>
#include <limits>

namespace cw {
namespace {

template <class... Args>
std::string formatted(std::string_view pattern, const Args&... args) {
    return std::string{Text<200>{pattern, args...}.view()};
}

TEST(Text, fills_the_holes_of_a_pattern) {
    EXPECT_EQ(formatted("plain"), "plain");
    EXPECT_EQ(formatted("{} and {}", "one", 2), "one and 2");
    EXPECT_EQ(formatted("{}{}", true, false), "truefalse");
    EXPECT_EQ(formatted("no hole", 5), "no hole");
    EXPECT_EQ(formatted("{} left {}", 1), "1 left {}");
    EXPECT_EQ(formatted("{}", std::string_view{"view"}), "view");
}

TEST(Text, writes_numbers) {
    EXPECT_EQ(formatted("{}", 0), "0");
    EXPECT_EQ(formatted("{}", -1), "-1");
    EXPECT_EQ(formatted("{}", std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(formatted("{}", std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    EXPECT_EQ(formatted("{}", std::numeric_limits<std::int8_t>::min()), "-128");
    EXPECT_EQ(formatted("{}", Hex{0}), "0x0");
    EXPECT_EQ(formatted("{}", Hex{0xdead'beef}), "0xdeadbeef");
    EXPECT_EQ(formatted("{}", Hex{~std::uint64_t{0}}), "0xffffffffffffffff");
}

TEST(Text, pads) {
    char memory[20];
    TextWriter writer{memory, sizeof(memory)};
    writer.put_unsigned(7, 10, 3).put(' ').put_unsigned(255, 2, 1);
    EXPECT_EQ(writer.text(), "007 11111111");
    const std::size_t start = writer.size();
    writer.put("a").pad_to(start, 4).put('|');
    EXPECT_EQ(writer.text(), "007 11111111a   |");
}

TEST(Text, what_does_not_fit_is_cut_and_marked) {
    for (std::size_t capacity = 0; capacity < 12; ++capacity) {
        char memory[16];
        std::fill(std::begin(memory), std::end(memory), '#');
        TextWriter writer{memory, capacity};
        writer.put("0123456789");
        EXPECT_EQ(writer.size(), std::min<std::size_t>(capacity, 10));
        EXPECT_EQ(memory[capacity], '#') << "wrote beyond its memory";
        if (capacity >= 3 && capacity < 10) {
            EXPECT_TRUE(writer.text().ends_with("..."));
        }
        writer.pad_to(0, 100).put(Hex{1});
        EXPECT_EQ(memory[capacity], '#');
    }
}

TEST(Text, grows_until_it_is_full) {
    Text<8> text;
    EXPECT_TRUE(text.empty());
    text.format("{}", 12).format("-{}", 34);
    EXPECT_EQ(text.view(), "12-34");
    text.format("{}", 56789);
    EXPECT_EQ(text.view().size(), 8u);
    EXPECT_TRUE(text.view().ends_with("..."));
    text.format("more");
    EXPECT_EQ(text.view().size(), 8u);
}

} // namespace
} // namespace cw
