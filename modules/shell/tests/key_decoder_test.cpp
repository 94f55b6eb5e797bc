#include "key_decoder.hpp"
#include <gtest/gtest.h>
#include <string_view>
#include <vector>

namespace {

using shell::KeyKind;

std::vector<KeyKind> keys(std::string_view bytes) {
    shell::KeyDecoder decoder;
    std::vector<KeyKind> found;
    for (const char byte : bytes) {
        const shell::Key key = decoder.feed(byte);
        if (key.kind != KeyKind::none)
            found.push_back(key.kind);
    }
    return found;
}
using Keys = std::vector<KeyKind>;

TEST(KeyDecoder, knows_the_keys_of_common_terminals) {
    EXPECT_EQ(keys("\x1b[A\x1b[B\x1b[C\x1b[D"),
              (Keys{KeyKind::up, KeyKind::down, KeyKind::right, KeyKind::left}));
    EXPECT_EQ(keys("\x1bOA\x1bOH\x1bOF"), (Keys{KeyKind::up, KeyKind::home, KeyKind::end}));
    EXPECT_EQ(keys("\x1b[H\x1b[1~\x1b[7~"), (Keys{KeyKind::home, KeyKind::home, KeyKind::home}));
    EXPECT_EQ(keys("\x1b[F\x1b[4~\x1b[8~"), (Keys{KeyKind::end, KeyKind::end, KeyKind::end}));
    EXPECT_EQ(keys("\x1b[3~\x7f\b"),
              (Keys{KeyKind::erase, KeyKind::backspace, KeyKind::backspace}));
    EXPECT_EQ(keys("\x1b[1;5D\x1b[1;3C"), (Keys{KeyKind::word_left, KeyKind::word_right}));
    EXPECT_EQ(keys("\x1b"
                   "b\x1b"
                   "f\x1b\x7f"),
              (Keys{KeyKind::word_left, KeyKind::word_right, KeyKind::erase_word}));
    EXPECT_EQ(keys("\x01\x05\x15\x0b\x17\x0c\x03\x04"),
              (Keys{KeyKind::home,
                    KeyKind::end,
                    KeyKind::erase_to_start,
                    KeyKind::erase_to_end,
                    KeyKind::erase_word,
                    KeyKind::clear_screen,
                    KeyKind::interrupt,
                    KeyKind::end_of_input}));
}

TEST(KeyDecoder, takes_each_end_of_a_line_once) {
    EXPECT_EQ(keys("\r"), (Keys{KeyKind::enter}));
    EXPECT_EQ(keys("\n"), (Keys{KeyKind::enter}));
    EXPECT_EQ(keys("\r\n"), (Keys{KeyKind::enter}));
    EXPECT_EQ(keys("\r\n\r\n"), (Keys{KeyKind::enter, KeyKind::enter}));
    EXPECT_EQ(keys("\n\n"), (Keys{KeyKind::enter, KeyKind::enter}));
    EXPECT_EQ(keys("\ra\n"), (Keys{KeyKind::enter, KeyKind::text, KeyKind::enter}));
}

TEST(KeyDecoder, skips_sequences_that_it_does_not_know) {
    EXPECT_EQ(keys("\x1b[5~\x1b[?25h\x1b[200~\x1b[1;2;3;4;5Zx"), (Keys{KeyKind::text}));
    EXPECT_EQ(keys("\x1b[99999999999999999999~x"), (Keys{KeyKind::text}));
}

TEST(KeyDecoder, gives_up_a_sequence_that_a_control_byte_breaks) {
    EXPECT_EQ(keys("\x1b[1\x03"), (Keys{KeyKind::interrupt}));
    EXPECT_EQ(keys("\x1b[1\x1b[A"), (Keys{KeyKind::up}));
    EXPECT_EQ(keys("\x1b\rx"), (Keys{KeyKind::enter, KeyKind::text}));
}

TEST(KeyDecoder, passes_utf8_on_byte_by_byte) {
    EXPECT_EQ(keys("\xc3\xa4"), (Keys{KeyKind::text, KeyKind::text}));
}

TEST(KeyDecoder, reads_a_cursor_report) {
    shell::KeyDecoder decoder;
    shell::Key key;
    for (const char byte : std::string_view{"\x1b[24;132R"})
        key = decoder.feed(byte);
    EXPECT_EQ(key.kind, KeyKind::report);
    EXPECT_EQ(key.column, 132u);
}

} // namespace
