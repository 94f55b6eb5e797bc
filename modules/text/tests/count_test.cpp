#include "count.hpp"
#include <gtest/gtest.h>
#include <string>

namespace {

text::Tally count(std::string_view text) {
    return text::count_on({}, text);
}

TEST(Count, counts_lines_and_words) {
    EXPECT_EQ(count("").lines, 0u);
    EXPECT_EQ(count("").words, 0u);
    EXPECT_EQ(count("one").words, 1u);
    EXPECT_EQ(count("one").lines, 0u);
    EXPECT_EQ(count("one two\nthree\n").words, 3u);
    EXPECT_EQ(count("one two\nthree\n").lines, 2u);
    EXPECT_EQ(count("\n\n\n").lines, 3u);
    EXPECT_EQ(count(" \t\v\f\r\n").words, 0u);
    EXPECT_EQ(count("\xc3\xa4rger \x80").words, 2u);
}

TEST(Count, counts_a_text_in_pieces_as_a_whole) {
    const std::string text = "  a bc\n\tdef  \n g\rh\n\n ij";
    const text::Tally whole = count(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        const text::Tally pieces = text::count_on(count(text.substr(0, cut)), text.substr(cut));
        EXPECT_EQ(pieces.words, whole.words) << cut;
        EXPECT_EQ(pieces.lines, whole.lines) << cut;
        EXPECT_EQ(pieces.within_word, whole.within_word) << cut;
    }
}

} // namespace
