// Tests of the service text, from one source in every placement.
#include <cw/modules/text.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(text_test, {.version = {1, 0}});
CW_REQUIRE(text::count);
CW_REQUIRE(text::find);
CW_REQUIRE(cw::memory::area);

namespace {

constexpr std::uint64_t kAreaBytes = 64 * 1024;
constexpr std::uint64_t kPatternOffset = kAreaBytes - 64;

cw::Area area;

cw::Task<> prepare() noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(kAreaBytes));
        area = made;
    }
    co_return cw::Nothing{};
}

cw::BufferRef put(std::string_view text, std::uint64_t offset = 0) noexcept {
    text.copy(area.text() + offset, text.size());
    return area.ref(offset, text.size());
}

cw::Task<text::Matches>
find(std::string_view pattern, std::string_view in, std::uint64_t most = 1000) noexcept {
    const text::FindArguments arguments{
        .pattern = put(pattern, kPatternOffset), .text = put(in), .most = most};
    CW_CO_TRY(matches, co_await text::find(arguments));
    co_return matches;
}

} // namespace

CW_TEST(counts_lines_words_and_bytes) {
    CW_EXPECT((co_await prepare()).has_value());
    const text::CountArguments arguments{.text = put("one two\nthree\n"), .within_word = 0};
    CW_EXPECT_VALUE(counts, co_await text::count(arguments));
    CW_EXPECT_EQUAL(counts.lines, 2);
    CW_EXPECT_EQUAL(counts.words, 3);
    CW_EXPECT_EQUAL(counts.bytes, 14);
    CW_EXPECT_EQUAL(counts.within_word, 0);
}

CW_TEST(a_word_may_go_on_in_the_next_buffer) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(first, co_await text::count({.text = put("half a wo"), .within_word = 0}));
    CW_EXPECT_EQUAL(first.words, 3);
    CW_EXPECT_EQUAL(first.within_word, 1);
    const text::CountArguments rest{.text = put("rd more"), .within_word = first.within_word};
    CW_EXPECT_VALUE(second, co_await text::count(rest));
    CW_EXPECT_EQUAL(second.words, 1);
}

CW_TEST(nothing_has_no_lines) {
    CW_EXPECT_VALUE(counts, co_await text::count({.text = {}, .within_word = 0}));
    CW_EXPECT_EQUAL(counts.lines + counts.words + counts.bytes, 0);
}

CW_TEST(finds_what_is_there) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(some, co_await find("ab", "xxabxabab"));
    CW_EXPECT_EQUAL(some.count, 3);
    CW_EXPECT_EQUAL(some.first, 2);
    CW_EXPECT_VALUE(apart, co_await find("aa", "aaaaa")); // they do not overlap
    CW_EXPECT_EQUAL(apart.count, 2);
    CW_EXPECT_VALUE(none, co_await find("abc", "ab"));
    CW_EXPECT_EQUAL(none.count, 0);
    CW_EXPECT_VALUE(stopped, co_await find("a", "aaaaa", 3));
    CW_EXPECT_EQUAL(stopped.count, 3);
}

CW_TEST(an_empty_pattern_is_refused) {
    CW_EXPECT((co_await prepare()).has_value());
    const auto refused = co_await find("", "text");
    CW_EXPECT(!refused.has_value());
    CW_EXPECT_EQUAL(refused.error(), cw::Status::invalid_argument);
}
