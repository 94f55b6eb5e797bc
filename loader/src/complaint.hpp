// How the loader words its refusals: a pattern with holes, filled so that hostile text cannot spoil
// the line.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cw/core/text.hpp>
#include <initializer_list>
#include <string_view>

namespace cw::loader {

inline constexpr std::size_t kMessageBytes = 240; ///< What a Message holds.
static_assert(std::same_as<Message, Text<kMessageBytes>>);

/// What fills one "{}" of a pattern. One type for all of them keeps the code for messages small.
class Filler {
public:
    constexpr Filler(std::string_view text) noexcept : text_{text}, kind_{Kind::text} {}
    constexpr Filler(const char* text) noexcept : text_{text}, kind_{Kind::text} {}
    constexpr Filler(std::uint64_t number) noexcept : number_{number}, kind_{Kind::decimal} {}
    constexpr Filler(Hex number) noexcept : number_{number.value}, kind_{Kind::hex} {}

    /// Appends itself; bytes of text that are not printable ASCII become '?'.
    void append_to(TextWriter& writer) const noexcept;

private:
    enum class Kind : std::uint8_t { text, decimal, hex };

    std::string_view text_;
    std::uint64_t number_ = 0;
    Kind kind_;
};

/// One line made of `pattern`, each "{}" replaced by the next filler. What does not fit is cut and
/// ends in "...".
[[nodiscard]] Message complaint(std::string_view pattern,
                                std::initializer_list<Filler> fillers) noexcept;

/// The beginning of `text`, at most `limit` bytes of it.
[[nodiscard]] constexpr std::string_view cut(std::string_view text, std::size_t limit) noexcept {
    return text.substr(0, text.size() < limit ? text.size() : limit);
}

} // namespace cw::loader
