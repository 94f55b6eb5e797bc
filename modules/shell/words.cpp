#include "words.hpp"

namespace shell {

namespace {

bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r';
}
bool is_quote(char c) noexcept {
    return c == '"' || c == '\'';
}
bool ends_command(char c) noexcept {
    return c == ';' || c == '\n';
}

/// Follows the quotes of a text, byte by byte.
class Quotes {
public:
    /// True if the byte opens or closes a quotation.
    bool feed(char c) noexcept {
        if (open_ != 0 ? c == open_ : is_quote(c)) {
            open_ = open_ != 0 ? '\0' : c;
            return true;
        }
        return false;
    }
    [[nodiscard]] bool inside() const noexcept { return open_ != 0; }

private:
    char open_ = 0;
};

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

} // namespace

std::string_view take_command(std::string_view& rest) noexcept {
    for (;;) {
        while (!rest.empty() && (is_space(rest.front()) || ends_command(rest.front())))
            rest.remove_prefix(1);
        if (!rest.starts_with('#'))
            break;
        rest.remove_prefix(rest.find('\n') == rest.npos ? rest.size() : rest.find('\n'));
    }
    Quotes quotes;
    std::size_t end = 0;
    for (; end < rest.size(); ++end) {
        if (!quotes.feed(rest[end]) && !quotes.inside() && ends_command(rest[end]))
            break;
    }
    const std::string_view command = trimmed(rest.substr(0, end));
    rest.remove_prefix(end);
    return command;
}

Words::Problem Words::parse(std::string_view command) noexcept {
    count_ = 0;
    if (command.size() > text_.size())
        return Problem::too_long;
    Quotes quotes;
    std::size_t used = 0;
    bool within = false;
    for (const char c : command) {
        const bool mark = quotes.feed(c);
        if (!mark && !quotes.inside() && (is_space(c) || c == '\n')) {
            within = false;
            continue;
        }
        if (!within) {
            if (count_ == kMost)
                return Problem::too_many;
            words_[count_++] = {text_.data() + used, 0};
            within = true;
        }
        if (!mark) {
            text_[used++] = c;
            std::string_view& word = words_[count_ - 1];
            word = {word.data(), word.size() + 1};
        }
    }
    return quotes.inside() ? Problem::open_quote : Problem::none;
}

Place place_at(std::string_view line, std::size_t cursor) noexcept {
    Quotes quotes;
    std::size_t command = 0;
    std::size_t word = 0;
    for (std::size_t i = 0; i < cursor; ++i) {
        if (quotes.feed(line[i]) || quotes.inside())
            continue;
        if (ends_command(line[i]))
            command = i + 1;
        if (ends_command(line[i]) || is_space(line[i]))
            word = i + 1;
    }
    std::string_view typed = line.substr(word, cursor - word);
    if (!typed.empty() && is_quote(typed.front()))
        typed.remove_prefix(1);
    return {.command = trimmed(line.substr(command, word - command)), .begin = word, .word = typed};
}

void put_word(cw::TextWriter& out, std::string_view word) noexcept {
    bool plain = !word.empty();
    for (const char c : word)
        plain = plain && !is_space(c) && !is_quote(c) && !ends_command(c);
    if (plain && word.front() != '#') {
        out.put(word);
        return;
    }
    const char quote = word.find('"') == word.npos ? '"' : '\'';
    out.put(quote).put(word).put(quote);
}

} // namespace shell
