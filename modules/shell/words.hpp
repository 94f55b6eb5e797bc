// The shell's little language: commands separated by semicolons and line feeds, of words separated
// by spaces. Single or double quotes hold together what is between them; a command that begins with
// # is a comment.
#pragma once
#include <array>
#include <cstddef>
#include <cw/core/text.hpp>
#include <span>
#include <string_view>

namespace shell {

/// Takes the next command off `rest`; empty when there is none left. Comments end with their line.
[[nodiscard]] std::string_view take_command(std::string_view& rest) noexcept;

/// The words of one command, without their quotes.
class Words {
public:
    static constexpr std::size_t kMost = 32;

    enum class Problem { none, open_quote, too_many, too_long };

    Problem parse(std::string_view command) noexcept;
    [[nodiscard]] std::span<const std::string_view> all() const noexcept {
        return {words_.data(), count_};
    }

private:
    std::array<char, 1024> text_{};
    std::array<std::string_view, kMost> words_{};
    std::size_t count_ = 0;
};

/// Where the cursor is in a line that is being typed.
struct Place {
    std::string_view command; ///< From its beginning to the word at the cursor.
    std::size_t begin = 0;    ///< Of that word in the line, its opening quote included.
    std::string_view word;    ///< Up to the cursor, without the opening quote.
};
[[nodiscard]] Place place_at(std::string_view line, std::size_t cursor) noexcept;

/// The word as one may type it: in quotes if it would be taken apart otherwise.
void put_word(cw::TextWriter& out, std::string_view word) noexcept;

} // namespace shell
