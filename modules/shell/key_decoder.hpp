// Keys of a terminal, from the bytes it sends.
#pragma once
#include <array>
#include <cstdint>

namespace shell {

enum class KeyKind : std::uint8_t {
    none, ///< The byte completed nothing, or nothing that is known.
    text,
    enter,
    tab,
    left,
    right,
    up,
    down,
    word_left,
    word_right,
    home,
    end,
    backspace,
    erase, ///< The key that is labelled "delete".
    erase_word,
    erase_to_start,
    erase_to_end,
    clear_screen,
    interrupt,
    end_of_input,
    report, ///< No key: the terminal tells where its cursor is.
};

struct Key {
    KeyKind kind = KeyKind::none;
    char text = 0;            ///< With KeyKind::text: one byte of UTF-8.
    std::uint32_t column = 0; ///< With KeyKind::report, from 1.
};

/// Takes bytes one at a time; escape sequences may come in any pieces.
/// Source: ECMA-48 (control sequences), xterm's ctlseqs (keys).
class KeyDecoder {
public:
    Key feed(char byte) noexcept;

private:
    enum class State : std::uint8_t { ground, escape, sequence, single_shift };

    Key control(char byte) noexcept;
    Key escaped(char byte) noexcept;
    Key in_sequence(char byte) noexcept;
    [[nodiscard]] Key end_of_sequence(char last) const noexcept;

    State state_ = State::ground;
    bool after_return_ = false;
    std::array<std::uint32_t, 2> numbers_{};
    std::uint32_t number_count_ = 0;
};

} // namespace shell
