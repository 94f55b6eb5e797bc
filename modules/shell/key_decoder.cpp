#include "key_decoder.hpp"

namespace shell {

namespace {

constexpr char kEscape = '\x1b';
constexpr char kDelete = '\x7f';

constexpr char ctrl(char letter) noexcept {
    return static_cast<char>(letter & 0x1f);
}

Key of(KeyKind kind) noexcept {
    return {.kind = kind};
}

} // namespace

Key KeyDecoder::feed(char byte) noexcept {
    const bool is_control = static_cast<unsigned char>(byte) < 0x20;
    if (is_control || byte == kDelete) {
        if (state_ == State::escape && byte == kDelete) {
            state_ = State::ground;
            return of(KeyKind::erase_word);
        }
        state_ =
            byte == kEscape ? State::escape : State::ground; // an unfinished sequence is given up
        return control(byte);
    }
    after_return_ = false;
    switch (state_) {
    case State::escape:
        return escaped(byte);
    case State::sequence:
        return in_sequence(byte);
    case State::single_shift:
        state_ = State::ground;
        number_count_ = 0;
        return end_of_sequence(byte);
    case State::ground:
        break;
    }
    return {.kind = KeyKind::text, .text = byte};
}

Key KeyDecoder::control(char byte) noexcept {
    const bool second_of_pair = after_return_ && byte == '\n';
    after_return_ = byte == '\r';
    if (second_of_pair)
        return {};
    switch (byte) {
    case '\r':
    case '\n':
        return of(KeyKind::enter);
    case '\t':
        return of(KeyKind::tab);
    case '\b':
    case kDelete:
        return of(KeyKind::backspace);
    case ctrl('A'):
        return of(KeyKind::home);
    case ctrl('B'):
        return of(KeyKind::left);
    case ctrl('C'):
        return of(KeyKind::interrupt);
    case ctrl('D'):
        return of(KeyKind::end_of_input);
    case ctrl('E'):
        return of(KeyKind::end);
    case ctrl('F'):
        return of(KeyKind::right);
    case ctrl('K'):
        return of(KeyKind::erase_to_end);
    case ctrl('L'):
        return of(KeyKind::clear_screen);
    case ctrl('N'):
        return of(KeyKind::down);
    case ctrl('P'):
        return of(KeyKind::up);
    case ctrl('U'):
        return of(KeyKind::erase_to_start);
    case ctrl('W'):
        return of(KeyKind::erase_word);
    default:
        return {};
    }
}

Key KeyDecoder::escaped(char byte) noexcept {
    state_ = State::ground;
    switch (byte) {
    case '[':
        state_ = State::sequence;
        numbers_ = {};
        number_count_ = 0;
        return {};
    case 'O':
        state_ = State::single_shift;
        return {};
    case 'b':
        return of(KeyKind::word_left);
    case 'f':
        return of(KeyKind::word_right);
    default:
        return {};
    }
}

Key KeyDecoder::in_sequence(char byte) noexcept {
    if (byte >= '0' && byte <= '9') {
        if (number_count_ == 0)
            number_count_ = 1;
        if (number_count_ <= numbers_.size()) {
            std::uint32_t& number = numbers_[number_count_ - 1];
            if (number < 10000)
                number = number * 10 + static_cast<std::uint32_t>(byte - '0');
        }
        return {};
    }
    if (byte == ';') {
        number_count_ = number_count_ == 0 ? 2 : number_count_ + 1;
        return {};
    }
    if (byte < '@' || byte > '~') // a private mark or an intermediate byte: nothing we know has one
        return {};
    state_ = State::ground;
    return end_of_sequence(byte);
}

Key KeyDecoder::end_of_sequence(char last) const noexcept {
    const bool modified = number_count_ == 2; // with shift, alt or control
    switch (last) {
    case 'A':
        return of(KeyKind::up);
    case 'B':
        return of(KeyKind::down);
    case 'C':
        return of(modified ? KeyKind::word_right : KeyKind::right);
    case 'D':
        return of(modified ? KeyKind::word_left : KeyKind::left);
    case 'H':
        return of(KeyKind::home);
    case 'F':
        return of(KeyKind::end);
    case 'R':
        return modified ? Key{.kind = KeyKind::report, .column = numbers_[1]} : Key{};
    case '~':
        switch (numbers_[0]) {
        case 1:
        case 7:
            return of(KeyKind::home);
        case 3:
            return of(KeyKind::erase);
        case 4:
        case 8:
            return of(KeyKind::end);
        default:
            return {};
        }
    default:
        return {};
    }
}

} // namespace shell
