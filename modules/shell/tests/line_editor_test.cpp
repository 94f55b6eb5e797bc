#include "line_editor.hpp"
#include "terminal.hpp"
#include <gtest/gtest.h>
#include <string>

namespace {

using shell::LineEditor;
using Event = shell::LineEditor::Event;

class LineEditorTest : public ::testing::Test {
protected:
    LineEditorTest() { start(); }
    void start() {
        terminal = shell::test::Terminal{};
        editor.start("> ");
        draw();
    }
    Event type(std::string_view bytes) {
        Event event = Event::none;
        for (const char byte : bytes) {
            event = editor.feed(decoder.feed(byte));
            draw();
        }
        return event;
    }
    void draw() {
        terminal.show(editor.drawing());
        editor.clear_drawing();
        EXPECT_TRUE(terminal.understood());
        EXPECT_FALSE(terminal.overflowed());
    }
    /// The line and the cursor, `|`, as the terminal shows them; the editor must be of the same
    /// opinion.
    std::string shown() {
        std::string row = terminal.row().substr(2);
        EXPECT_EQ(row, editor.line());
        return row.insert(terminal.cursor() - 2, "|");
    }

    shell::History history;
    shell::KeyDecoder decoder;
    LineEditor editor{history};
    shell::test::Terminal terminal;
};

constexpr std::string_view kLeft = "\x1b[D", kRight = "\x1b[C", kUp = "\x1b[A", kDown = "\x1b[B",
                           kDelete = "\x1b[3~", kWordLeft = "\x1b[1;5D", kWordRight = "\x1b[1;5C";

TEST_F(LineEditorTest, inserts_where_the_cursor_is) {
    type("hello");
    EXPECT_EQ(shown(), "hello|");
    type(kLeft);
    type(kLeft);
    type("XY");
    EXPECT_EQ(shown(), "helXY|lo");
    type("\x01_");
    EXPECT_EQ(shown(), "_|helXYlo");
    type("\x05.");
    EXPECT_EQ(shown(), "_helXYlo.|");
}

TEST_F(LineEditorTest, sends_plain_text_for_plain_typing) {
    editor.feed(decoder.feed('a'));
    EXPECT_EQ(editor.drawing(), "a");
}

TEST_F(LineEditorTest, erases_both_ways) {
    type("abcdef");
    type("\x7f");
    EXPECT_EQ(shown(), "abcde|");
    type(kLeft);
    type(kLeft);
    type(kDelete);
    EXPECT_EQ(shown(), "abc|e");
    type("\x04");
    EXPECT_EQ(shown(), "abc|");
    type("\x04");
    type(kDelete);
    type("\x01\x7f");
    EXPECT_EQ(shown(), "|abc");
}

TEST_F(LineEditorTest, erases_words_and_ends) {
    type("one two  three");
    type("\x17");
    EXPECT_EQ(shown(), "one two  |");
    type("\x17");
    EXPECT_EQ(shown(), "one |");
    type("x y");
    type(kLeft);
    type("\x0b");
    EXPECT_EQ(shown(), "one x |");
    type(kLeft);
    type("\x15");
    EXPECT_EQ(shown(), "| ");
}

TEST_F(LineEditorTest, moves_by_words) {
    type("one two  three");
    type(kWordLeft);
    EXPECT_EQ(shown(), "one two  |three");
    type(kWordLeft);
    type(kWordLeft);
    type(kWordLeft);
    EXPECT_EQ(shown(), "|one two  three");
    type(kWordRight);
    type(kWordRight);
    EXPECT_EQ(shown(), "one two|  three");
}

TEST_F(LineEditorTest, recalls_older_lines_and_the_draft) {
    history.add("first");
    history.add("second");
    type("draft");
    type(kUp);
    EXPECT_EQ(shown(), "second|");
    type(kUp);
    EXPECT_EQ(shown(), "first|");
    type(kUp);
    EXPECT_EQ(shown(), "first|");
    type("!");
    type(kDown);
    EXPECT_EQ(shown(), "second|");
    type(kDown);
    EXPECT_EQ(shown(), "draft|");
    type(kDown);
    EXPECT_EQ(shown(), "draft|");
    EXPECT_EQ(history.at(1), "first");
}

TEST_F(LineEditorTest, ends_a_line) {
    EXPECT_EQ(type("abc\r"), Event::accepted);
    EXPECT_EQ(editor.line(), "abc");
    start();
    EXPECT_EQ(type("abc\x03"), Event::interrupted);
    start();
    EXPECT_EQ(type("\x04"), Event::ended);
    EXPECT_EQ(type("a\t"), Event::complete);
}

TEST_F(LineEditorTest, goes_to_the_end_before_it_leaves_the_row) {
    type("abc\x01\r");
    EXPECT_EQ(shown(), "abc|");
}

TEST_F(LineEditorTest, counts_columns_of_utf8_not_bytes) {
    type("\xc3\xa4\xc3\xb6\xe2\x82\xac!");
    type(kLeft);
    type(kLeft);
    EXPECT_EQ(terminal.cursor(), 2u + 2u);
    type("\x7f");
    EXPECT_EQ(terminal.row(), "> \xc3\xa4\xe2\x82\xac!");
    type(kDelete);
    EXPECT_EQ(terminal.row(), "> \xc3\xa4!");
    EXPECT_EQ(editor.cursor(), 2u);
}

TEST_F(LineEditorTest, shows_the_stretch_of_a_long_line_around_the_cursor) {
    std::string text;
    for (int i = 0; i < 300; ++i)
        text += static_cast<char>('a' + i % 26);
    type(text);
    EXPECT_EQ(editor.line(), text);
    EXPECT_EQ(terminal.row(), "> " + text.substr(300 - 77));
    EXPECT_EQ(terminal.cursor(), 79u);
    type("\x01");
    EXPECT_EQ(terminal.row(), "> " + text.substr(0, 77));
    EXPECT_EQ(terminal.cursor(), 2u);
    for (int i = 0; i < 100; ++i)
        type(kRight);
    EXPECT_EQ(terminal.row(), "> " + text.substr(101 - 77, 77));
    EXPECT_EQ(terminal.cursor(), 78u);
    type("\x15");
    EXPECT_EQ(editor.line(), text.substr(100));
}

TEST_F(LineEditorTest, uses_the_width_that_the_terminal_reports) {
    type("\x1b[1;40R");
    type(std::string(60, 'x'));
    EXPECT_EQ(terminal.row().size(), 39u);
    type("\x1b[1;100R");
    EXPECT_EQ(terminal.row().size(), 62u);
    type("\x1b[1;1R"); // nonsense: not taken literally
    EXPECT_EQ(terminal.row().size(), 19u);
}

TEST_F(LineEditorTest, clears_the_screen_and_asks_how_wide_it_is) {
    type("abc");
    type(kLeft);
    EXPECT_FALSE(terminal.asked());
    type("\x0c");
    EXPECT_TRUE(terminal.asked());
    EXPECT_EQ(shown(), "ab|c");
}

TEST_F(LineEditorTest, holds_no_more_than_it_has_room_for) {
    type(std::string(600, 'x'));
    EXPECT_EQ(editor.line().size(), shell::History::kLineBytes);
    type("\x01y");
    EXPECT_EQ(editor.line(), std::string(shell::History::kLineBytes, 'x'));
    editor.replace(0, "zz");
    EXPECT_EQ(editor.line(), std::string(shell::History::kLineBytes, 'x'));
}

TEST_F(LineEditorTest, replaces_the_word_before_the_cursor) {
    type("cat fi rest");
    for (int i = 0; i < 5; ++i)
        type(kLeft);
    editor.replace(4, "\"a file\" ");
    draw();
    EXPECT_EQ(shown(), "cat \"a file\" | rest");
}

TEST(History, keeps_the_last_lines_and_no_repetitions) {
    shell::History history;
    history.add("");
    EXPECT_EQ(history.count(), 0u);
    for (std::size_t i = 0; i < shell::History::kLines + 5; ++i) {
        history.add(std::to_string(i));
        history.add(std::to_string(i));
    }
    EXPECT_EQ(history.count(), shell::History::kLines);
    EXPECT_EQ(history.at(0), "36");
    EXPECT_EQ(history.at(shell::History::kLines - 1), "5");
    EXPECT_EQ(history.newest(), 37u);
}

} // namespace
