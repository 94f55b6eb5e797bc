#include "find.hpp"
#include <gtest/gtest.h>
#include <string>

namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};

text::Occurrences reference(std::string_view pattern, std::string_view text, std::uint64_t most) {
    text::Occurrences found;
    for (std::size_t at = text.find(pattern); at != text.npos && found.count < most;
         at = text.find(pattern, at + pattern.size())) {
        if (found.count++ == 0)
            found.first = at;
    }
    return found;
}

TEST(Find, counts_what_does_not_overlap) {
    EXPECT_EQ(text::find_all("aa", "aaaaa", kAll).count, 2u);
    EXPECT_EQ(text::find_all("ab", "xxabab", kAll).count, 2u);
    EXPECT_EQ(text::find_all("ab", "xxabab", kAll).first, 2u);
    EXPECT_EQ(text::find_all("longer", "long", kAll).count, 0u);
    EXPECT_EQ(text::find_all("same", "same", kAll).count, 1u);
    EXPECT_EQ(text::find_all("x", "", kAll).count, 0u);
    EXPECT_EQ(text::find_all("\xff", "a\xff", kAll).first, 1u);
}

TEST(Find, stops_after_so_many) {
    EXPECT_EQ(text::find_all("a", "aaaa", 0).count, 0u);
    EXPECT_EQ(text::find_all("a", "baaa", 1).count, 1u);
    EXPECT_EQ(text::find_all("a", "baaa", 1).first, 1u);
}

TEST(Find, agrees_with_the_library_on_many_texts) {
    std::uint32_t x = 7;
    const auto random = [&x](std::uint32_t below) {
        x = x * 1664525 + 1013904223;
        return (x >> 16) % below;
    };
    const auto text_of = [&](std::size_t size) {
        std::string text;
        while (text.size() < size)
            text += static_cast<char>('a' + random(2));
        return text;
    };
    for (int i = 0; i < 20000; ++i) {
        const std::string pattern = text_of(1 + random(6));
        const std::string text = text_of(random(40));
        const std::uint64_t most = random(4) == 0 ? random(3) : kAll;
        const auto found = text::find_all(pattern, text, most);
        const auto expected = reference(pattern, text, most);
        ASSERT_EQ(found.count, expected.count) << pattern << " in " << text;
        ASSERT_EQ(found.first, expected.first) << pattern << " in " << text;
    }
}

TEST(Find, takes_patterns_longer_than_a_distance) {
    for (const std::size_t size : {254u, 255u, 256u, 257u, 600u}) {
        std::string pattern(size, 'a');
        pattern[size / 2] = 'b';
        const std::string text = std::string(1000, 'a') + pattern + "a" + pattern;
        EXPECT_EQ(text::find_all(pattern, text, kAll).count, reference(pattern, text, kAll).count);
        EXPECT_EQ(text::find_all(pattern, text, kAll).first, reference(pattern, text, kAll).first);
    }
}

} // namespace
