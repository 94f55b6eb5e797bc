// A service that keeps a record of how it was called, to look at what callers may rely on.
#pragma once
#include <cw/core/future.hpp>

namespace steady {

struct Word {
    std::uint64_t value;
};
struct Pause {
    std::uint64_t value;
    std::uint64_t microseconds;
};
struct Block {
    std::array<std::uint64_t, 6> words;
};
struct Counts {
    std::uint64_t started;       ///< Calls of note, pause and insist,
    std::uint64_t finished;      ///< and of them those that answered with a value,
    std::uint64_t cancelled;     ///< or were told that nobody waits any more.
    std::uint64_t entered_twice; ///< Times that somebody was inside already. Wrong unless 0.
};

/// Notes the value and answers it.
CW_METHOD(steady, note, Word, Word, 1, 0);
/// As note, but sleeps before it answers. Errors: cancelled.
CW_METHOD(steady, pause, Pause, Word, 1, 0);
/// As pause, but answers late even if nobody waits any more.
CW_METHOD(steady, insist, Pause, Word, 1, 0);
/// Answers its argument, after a while.
CW_METHOD(steady, keep, Block, Block, 1, 0);
/// Refuses with the Status of this number: at once, or after a while.
CW_METHOD(steady, refuse, Word, Word, 1, 0);
CW_METHOD(steady, refuse_late, Word, Word, 1, 0);

/// The value that was noted first, second, ... since forget(). Errors: out_of_range.
CW_METHOD(steady, noted, Word, Word, 1, 0);
CW_METHOD(steady, counts, cw::Nothing, Counts, 1, 0);
CW_METHOD(steady, forget, cw::Nothing, cw::Nothing, 1, 0);

/// 0 answers 0; anything else one more than what the caller's own turn says to one less.
CW_METHOD(steady, turn, Word, Word, 1, 0);
CW_METHOD(steady_test, turn_back, Word, Word, 1, 0);

/// Breaks the rules of the machine.
CW_METHOD(steady, die, cw::Nothing, cw::Nothing, 1, 0);

} // namespace steady
