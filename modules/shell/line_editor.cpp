#include "line_editor.hpp"
#include <algorithm>

namespace shell {

namespace {

/// Bytes of UTF-8 that go on with a character take no column of their own.
bool continues(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

} // namespace

void LineEditor::start(std::string_view prompt) noexcept {
    prompt_ = prompt;
    size_ = cursor_ = first_ = age_ = draft_size_ = 0;
    drawing_.put(prompt);
}

LineEditor::Event LineEditor::feed(Key key) noexcept {
    switch (key.kind) {
    case KeyKind::none:
        break;
    case KeyKind::text:
        insert(key.text);
        break;
    case KeyKind::enter:
        move(size_);
        return Event::accepted;
    case KeyKind::tab:
        return Event::complete;
    case KeyKind::left:
        move(before(cursor_));
        break;
    case KeyKind::right:
        move(after(cursor_));
        break;
    case KeyKind::word_left:
        move(word_before(cursor_));
        break;
    case KeyKind::word_right:
        move(word_after(cursor_));
        break;
    case KeyKind::home:
        move(0);
        break;
    case KeyKind::end:
        move(size_);
        break;
    case KeyKind::up:
        if (age_ < history_.count())
            recall(age_ + 1);
        break;
    case KeyKind::down:
        if (age_ > 0)
            recall(age_ - 1);
        break;
    case KeyKind::backspace:
        erase(before(cursor_), cursor_);
        break;
    case KeyKind::end_of_input:
        if (size_ == 0)
            return Event::ended;
        [[fallthrough]];
    case KeyKind::erase:
        erase(cursor_, after(cursor_));
        break;
    case KeyKind::erase_word:
        erase(word_before(cursor_), cursor_);
        break;
    case KeyKind::erase_to_start:
        erase(0, cursor_);
        break;
    case KeyKind::erase_to_end:
        erase(cursor_, size_);
        break;
    case KeyKind::clear_screen:
        drawing_.put("\x1b[H\x1b[2J").put(kAskWidth);
        redraw();
        break;
    case KeyKind::interrupt:
        move(size_);
        drawing_.put("^C");
        return Event::interrupted;
    case KeyKind::report:
        columns_ = std::max(key.column, kFewestColumns);
        redraw();
        break;
    }
    return Event::none;
}

void LineEditor::replace(std::size_t begin, std::string_view text) noexcept {
    text = text.substr(0, line_.size() - (size_ - (cursor_ - begin)));
    std::array<char, History::kLineBytes> rest;
    const std::size_t rest_size = size_ - cursor_;
    std::copy_n(line_.begin() + static_cast<std::ptrdiff_t>(cursor_), rest_size, rest.begin());
    auto* end = std::copy(text.begin(), text.end(), line_.data() + begin);
    std::copy_n(rest.begin(), rest_size, end);
    cursor_ = begin + text.size();
    size_ = cursor_ + rest_size;
    redraw();
}

void LineEditor::insert(char c) noexcept {
    if (size_ == line_.size())
        return;
    std::copy_backward(line_.data() + cursor_, line_.data() + size_, line_.data() + size_ + 1);
    line_[cursor_++] = c;
    ++size_;
    const bool at_end = cursor_ == size_;
    if (at_end && columns_of(first_, size_) <= room())
        drawing_.put(c); // the usual case needs no redrawing
    else
        redraw();
}

void LineEditor::erase(std::size_t begin, std::size_t end) noexcept {
    if (begin == end)
        return;
    std::copy(line_.data() + end, line_.data() + size_, line_.data() + begin);
    size_ -= end - begin;
    cursor_ = begin;
    redraw();
}

void LineEditor::move(std::size_t to) noexcept {
    if (to == cursor_)
        return;
    cursor_ = to;
    redraw();
}

void LineEditor::recall(std::size_t age) noexcept {
    if (age_ == 0) {
        draft_ = line_;
        draft_size_ = size_;
    }
    age_ = age;
    take_over(age == 0 ? std::string_view{draft_.data(), draft_size_} : history_.at(age - 1));
}

void LineEditor::take_over(std::string_view line) noexcept {
    std::copy(line.begin(), line.end(), line_.begin());
    size_ = cursor_ = line.size();
    first_ = 0;
    redraw();
}

std::size_t LineEditor::before(std::size_t at) const noexcept {
    if (at == 0)
        return 0;
    for (--at; at > 0 && continues(line_[at]); --at) {
    }
    return at;
}

std::size_t LineEditor::after(std::size_t at) const noexcept {
    if (at == size_)
        return at;
    for (++at; at < size_ && continues(line_[at]); ++at) {
    }
    return at;
}

std::size_t LineEditor::word_before(std::size_t at) const noexcept {
    while (at > 0 && line_[at - 1] == ' ')
        --at;
    while (at > 0 && line_[at - 1] != ' ')
        --at;
    return at;
}

std::size_t LineEditor::word_after(std::size_t at) const noexcept {
    while (at < size_ && line_[at] == ' ')
        ++at;
    while (at < size_ && line_[at] != ' ')
        ++at;
    return at;
}

std::size_t LineEditor::columns_of(std::size_t begin, std::size_t end) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        line_.data() + begin, line_.data() + end, [](char c) { return !continues(c); }));
}

/// Chooses what to show: the cursor and what is under it, and no room is left unused.
void LineEditor::scroll() noexcept {
    first_ = std::min(first_, cursor_);
    while (columns_of(first_, after(cursor_)) > room())
        first_ = after(first_);
    while (first_ > 0 && columns_of(before(first_), size_) <= room())
        first_ = before(first_);
}

void LineEditor::redraw() noexcept {
    scroll();
    std::size_t end = first_;
    for (std::size_t shown = 0; end < size_ && shown < room(); ++shown)
        end = after(end);
    drawing_.put('\r').put(prompt_).put(line().substr(first_, end - first_)).put("\x1b[K");
    if (cursor_ != end)
        drawing_.format("\r\x1b[{}C", prompt_.size() + columns_of(first_, cursor_));
}

} // namespace shell
