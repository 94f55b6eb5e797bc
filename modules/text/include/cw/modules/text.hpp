// Counting and searching in text.
#pragma once
#include <cw/core/future.hpp>

namespace text {

struct CountArguments {
    cw::BufferRef text;
    std::uint64_t within_word; ///< 1: the text goes on from one that ended within a word. See
                               ///< Counts::within_word.
};
struct Counts {
    std::uint64_t lines; ///< Line feeds.
    std::uint64_t words; ///< That begin in this text: stretches without white space.
    std::uint64_t bytes;
    std::uint64_t within_word; ///< 1: the last byte belongs to a word.
};
struct FindArguments {
    cw::BufferRef pattern;
    cw::BufferRef text;
    std::uint64_t most; ///< Stop after so many.
};
struct Matches {
    std::uint64_t count;
    std::uint64_t first; ///< Offset of the first one, if there is one.
};

/// Counts lines, words and bytes.
CW_METHOD(text, count, CountArguments, Counts, 1, 0);
/// Counts the places where the pattern occurs; they do not overlap. Errors: invalid_argument (the
/// pattern is empty).
CW_METHOD(text, find, FindArguments, Matches, 1, 0);

} // namespace text
