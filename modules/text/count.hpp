// Lines and words, as wc(1) counts them in the C locale.
#pragma once
#include <cstdint>
#include <string_view>

namespace text {

struct Tally {
    std::uint64_t lines = 0;
    std::uint64_t words = 0;
    bool within_word = false;
};

/// Counts on from `before`, so that a text may be counted in pieces.
[[nodiscard]] Tally count_on(Tally before, std::string_view text) noexcept;

} // namespace text
