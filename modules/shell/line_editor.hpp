// Editing one line on a terminal.
#pragma once
#include "history.hpp"
#include "key_decoder.hpp"
#include <array>
#include <cstddef>
#include <cw/core/text.hpp>
#include <string_view>

namespace shell {

/// Changes a line as keys say, and says what to send to the terminal for it. The line occupies one
/// row: of a longer one the stretch around the cursor is shown.
class LineEditor {
public:
    enum class Event {
        none,
        accepted,    ///< Enter: line() is what was typed.
        complete,    ///< Tab.
        interrupted, ///< Ctrl-C: the line was given up.
        ended,       ///< Ctrl-D on an empty line.
    };

    /// Makes the terminal report the column of its right margin; feed() understands the answer. The
    /// cursor goes there.
    static constexpr std::string_view kAskWidth = "\x1b[999C\x1b[6n";

    explicit constexpr LineEditor(const History& history) noexcept : history_{history} {}
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    /// Shows the prompt with an empty line. Requires: the cursor is at the start of a row; the
    /// prompt is short, of ASCII, not empty.
    void start(std::string_view prompt) noexcept;
    Event feed(Key key) noexcept;
    /// Replaces what lies between `begin` and the cursor; what does not fit is left out.
    void replace(std::size_t begin, std::string_view text) noexcept;
    /// Shows prompt and line again, on a row that somebody else wrote to.
    void redraw() noexcept;

    [[nodiscard]] std::string_view line() const noexcept { return {line_.data(), size_}; }
    [[nodiscard]] std::size_t cursor() const noexcept { return cursor_; }

    /// What the terminal is to be sent, since clear_drawing().
    [[nodiscard]] std::string_view drawing() const noexcept { return drawing_.text(); }
    void clear_drawing() noexcept { drawing_.clear(); }

private:
    static constexpr std::uint32_t kUsualColumns = 80;
    static constexpr std::uint32_t kFewestColumns = 20;

    void insert(char c) noexcept;
    void erase(std::size_t begin, std::size_t end) noexcept;
    void move(std::size_t to) noexcept;
    void recall(std::size_t age) noexcept;
    void take_over(std::string_view line) noexcept;
    [[nodiscard]] std::size_t before(std::size_t at) const noexcept;
    [[nodiscard]] std::size_t after(std::size_t at) const noexcept;
    [[nodiscard]] std::size_t word_before(std::size_t at) const noexcept;
    [[nodiscard]] std::size_t word_after(std::size_t at) const noexcept;
    [[nodiscard]] std::size_t columns_of(std::size_t begin, std::size_t end) const noexcept;
    [[nodiscard]] std::size_t room() const noexcept { return columns_ - prompt_.size() - 1; }
    void scroll() noexcept;

    const History& history_;
    std::string_view prompt_;
    std::array<char, History::kLineBytes> line_{};
    std::array<char, History::kLineBytes>
        draft_{}; ///< What was typed before an older line was looked at.
    std::size_t size_ = 0;
    std::size_t draft_size_ = 0;
    std::size_t cursor_ = 0;
    std::size_t first_ = 0; ///< First byte that is shown.
    std::size_t age_ = 0;   ///< 0: the line is new; else 1 + its age in the history.
    std::uint32_t columns_ = kUsualColumns;
    std::array<char, 2 * History::kLineBytes> drawing_memory_{};
    cw::TextWriter drawing_{drawing_memory_.data(), drawing_memory_.size()};
};

} // namespace shell
