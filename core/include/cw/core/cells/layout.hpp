// Control cells: the words that lie in shared memory, and who writes which.
//
//     table (nucleus)          line (the holder)        echo (the owner)
//     address ---------------> value                    value, epoch, rejects
//     hold, limits, rest       renewed                  read by the holder
//
// A cell's owner finds the line of whoever has the cell open through `address`, which only the
// nucleus writes. When nobody has it open it leads to `rest`, in the table itself. Each line lies
// in a page that one client may write, and that serves this cell only, as long as its owner lives:
// so an owner that was stopped between the two loads reads an earlier value of this cell, never
// anything else, and never faults.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/atomic.hpp>
#include <cw/core/latch.hpp>

namespace cw::cells {

inline constexpr std::size_t kMaxWideBytes = 48; ///< Of a wide cell's value.
inline constexpr std::size_t kMaxName = 63;
inline constexpr std::size_t kMaxSchema = 127;

/// What a cell is to its holders now.
enum class State : std::uint64_t {
    gone = 0,   ///< Its owner has ended, or has destroyed it.
    rests = 1,  ///< Nobody has it open.
    held = 2,   ///< One client has it.
    shared = 3, ///< Some have it; the last one that wrote is right.
};
[[nodiscard]] constexpr State state_of(std::uint64_t hold) noexcept {
    return static_cast<State>(hold & 3);
}
[[nodiscard]] constexpr std::uint64_t hold_of(std::uint64_t epoch, State state) noexcept {
    return epoch << 2 | static_cast<std::uint64_t>(state);
}
[[nodiscard]] constexpr const char* name_of(State state) noexcept {
    constexpr const char* kNames[] = {"gone", "rests", "held", "shared"};
    return kNames[static_cast<std::uint64_t>(state) & 3];
}

/// How the bytes of a value are to be read, for people and tools.
enum class Type : std::uint32_t {
    record = 0, ///< A record, or a wide cell.
    is_unsigned = 1,
    is_signed = 2,
};

/// What the holder writes. Untrusted: all of it.
template <class Sync>
struct LineOf {
    using Word = typename Sync::template Word<std::uint64_t>;
    Word value;   ///< The bytes of the value, the others 0. [R72] release or relaxed.
    Word renewed; ///< Another number each time that the lease is renewed.
};

/// What the owner writes, for the holder.
template <class Sync>
struct alignas(64) EchoOf {
    using Word = typename Sync::template Word<std::uint64_t>;
    Word value;   ///< What the owner went by last. [R76], [F72].
    Word epoch;   ///< In which that was; 0: another one is just being written. [R73], [A73].
    Word rejects; ///< Loads that found a value outside of the limits.
};

/// What the nucleus writes; read-only for everybody.
template <class Sync>
struct alignas(64) EntryOf {
    using Word = typename Sync::template Word<std::uint64_t>;
    Word address; ///< Of the line that the value is in now. [R71], [A71].
    Word hold;    ///< epoch << 2 | State. [R74], [A74].
    LineOf<Sync> rest;
    // Written once, before the owner knows of the cell.
    std::uint64_t min;
    std::uint64_t max;
    std::uint32_t bytes; ///< Of a value.
    Type type;
    std::uint64_t reserved;
};

using Line = LineOf<NativeSync>;
using Echo = EchoOf<NativeSync>;
using Entry = EntryOf<NativeSync>;
static_assert(sizeof(Line) == 16 && sizeof(Echo) == 64 && sizeof(Entry) == 64);

/// A value of a wide cell, in words; the rest is 0.
struct WideValue {
    std::uint64_t words[kMaxWideBytes / 8];
};
/// The line of a wide cell: its value is in the latch.
struct WideLine {
    Line line;
    alignas(64) LatchOf<WideValue> latch;
};
static_assert(sizeof(WideLine) == 384);

} // namespace cw::cells
