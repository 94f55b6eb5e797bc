// The service of the test modules: handlers of every kind.
#pragma once
#include <cw/core/buffer_ref.hpp>
#include <cw/core/future.hpp>

namespace work {

struct Word {
    std::uint64_t value;
};
struct Block {
    std::array<std::uint64_t, 6> words;
};
struct Key {
    std::uint64_t key;
    std::uint64_t value;
};

/// The value plus one, at once.
CW_METHOD(work, add_one, Word, Word, 1, 0);
/// Nothing there and back.
CW_METHOD(work, nothing, cw::Nothing, cw::Nothing, 1, 0);
/// 48 bytes there and back, each word plus one.
CW_METHOD(work, block, Block, Block, 1, 0);
/// The status with the number after this one, as the handler's error.
CW_METHOD(work, refuse, Word, Word, 1, 0);
/// Suspends until `release` names the same key; then value plus one.
CW_METHOD(work, hold, Key, Word, 1, 0);
/// Lets go of everybody who holds this key, or any if it is kEverybody; how many those were.
inline constexpr std::uint64_t kEverybody = ~std::uint64_t{0};
CW_METHOD(work, release, Word, Word, 1, 0);
/// Sleeps until the tick; then how the sleep ended, as a status number.
CW_METHOD(work, sleep_until, Word, Word, 1, 0);
/// Notes the value in the order of arrival.
CW_METHOD(work, note, Word, Word, 1, 0);
/// Sum of the bytes of a buffer.
struct View {
    cw::BufferRef data;
};
CW_METHOD(work, sum, View, Word, 1, 0);

inline constexpr std::size_t kMaxNotes = 4096;

/// What a test reads out of the service module: symbol `work_journal`.
struct Journal {
    std::uint64_t notes[kMaxNotes];
    std::uint64_t note_count;
    std::uint64_t inside;    ///< Handlers that run at this moment: never more than one.
    std::uint64_t overlaps;  ///< How often there were more.
    std::uint64_t cancelled; ///< Sleeps that were cancelled.
};

} // namespace work
