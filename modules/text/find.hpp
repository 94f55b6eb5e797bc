// Where a pattern occurs in a text.
#pragma once
#include <cstdint>
#include <string_view>

namespace text {

struct Occurrences {
    std::uint64_t count = 0;
    std::uint64_t first = 0; ///< Offset, if count is not 0.
};

/// At most `most` places where `pattern` occurs in `text`; they do not overlap. Requires: the
/// pattern is not empty.
[[nodiscard]] Occurrences
find_all(std::string_view pattern, std::string_view text, std::uint64_t most) noexcept;

} // namespace text
