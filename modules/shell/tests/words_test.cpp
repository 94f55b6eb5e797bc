#include "words.hpp"
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using shell::Words;

std::vector<std::string> commands(std::string_view text) {
    std::vector<std::string> found;
    for (std::string_view command = shell::take_command(text); !command.empty();
         command = shell::take_command(text))
        found.emplace_back(command);
    return found;
}

std::vector<std::string> words(std::string_view command) {
    static Words parsed;
    EXPECT_EQ(parsed.parse(command), Words::Problem::none);
    return {parsed.all().begin(), parsed.all().end()};
}
using List = std::vector<std::string>;

std::string quoted(std::string_view word) {
    std::array<char, 64> memory{};
    cw::TextWriter out{memory.data(), memory.size()};
    shell::put_word(out, word);
    return std::string{out.text()};
}

TEST(Commands, are_separated_by_semicolons_and_line_feeds) {
    EXPECT_EQ(commands("a; b c ;;\n d\r\n\n"), (List{"a", "b c", "d"}));
    EXPECT_EQ(commands(""), List{});
    EXPECT_EQ(commands(" ;\n; "), List{});
}

TEST(Commands, are_not_separated_within_quotes) {
    EXPECT_EQ(commands("echo 'a;b' \"c\nd\"; e"), (List{"echo 'a;b' \"c\nd\"", "e"}));
    EXPECT_EQ(commands("echo \"it's\"; e"), (List{"echo \"it's\"", "e"}));
}

TEST(Commands, leave_comments_out) {
    EXPECT_EQ(commands("# it's; one\na\n  # two\nb # c"), (List{"a", "b # c"}));
    EXPECT_EQ(commands("a; # b; c"), List{"a"});
}

TEST(Words, are_separated_by_spaces_and_held_together_by_quotes) {
    EXPECT_EQ(words("  a\t bb  "), (List{"a", "bb"}));
    EXPECT_EQ(words("cat 'my file' x\"y z\"'w'"), (List{"cat", "my file", "xy zw"}));
    EXPECT_EQ(words("echo '' \"\""), (List{"echo", "", ""}));
    EXPECT_EQ(words("echo \"it's\" 'a \"b\"'"), (List{"echo", "it's", "a \"b\""}));
}

TEST(Words, say_what_is_wrong) {
    Words parsed;
    EXPECT_EQ(parsed.parse("echo 'a"), Words::Problem::open_quote);
    std::string many;
    for (std::size_t i = 0; i <= Words::kMost; ++i)
        many += "a ";
    EXPECT_EQ(parsed.parse(many), Words::Problem::too_many);
    EXPECT_EQ(parsed.parse(std::string(1025, 'a')), Words::Problem::too_long);
    EXPECT_EQ(parsed.parse(std::string(1024, 'a')), Words::Problem::none);
}

TEST(Words, can_be_typed_again) {
    EXPECT_EQ(quoted("plain-1.txt"), "plain-1.txt");
    EXPECT_EQ(quoted("two words"), "\"two words\"");
    EXPECT_EQ(quoted("a;b"), "\"a;b\"");
    EXPECT_EQ(quoted("say \"x\""), "'say \"x\"'");
    EXPECT_EQ(quoted("#1"), "\"#1\"");
    EXPECT_EQ(quoted(""), "\"\"");
}

TEST(Place, is_the_word_before_the_cursor_and_its_command) {
    const std::string_view line = "ls; cat 'my fi rest";
    const shell::Place place = shell::place_at(line, 14);
    EXPECT_EQ(place.command, "cat");
    EXPECT_EQ(place.begin, 8u);
    EXPECT_EQ(place.word, "my fi");
    EXPECT_EQ(shell::place_at(line, 1).word, "l");
    EXPECT_EQ(shell::place_at(line, 1).command, "");
    EXPECT_EQ(shell::place_at("ls ", 3).word, "");
    EXPECT_EQ(shell::place_at("ls ", 3).command, "ls");
    EXPECT_EQ(shell::place_at("modprobe --dry-run di", 21).command, "modprobe --dry-run");
}

} // namespace
