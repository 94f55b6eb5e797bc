// The words by which the nucleus changes, while others read, where a value is and whether it
// counts.
#pragma once
#include <cstdint>
#include <cw/core/atomic.hpp>

namespace cw::variables {

/// What a reader may expect of the value now.
enum class State : std::uint64_t {
    gone = 0,  ///< Nobody publishes it, or nobody does any more.
    live = 1,  ///< Its publisher is there.
    stale = 2, ///< Its publisher is there, but has not renewed it within its lease.
    off = 3,   ///< Switched off: its readers are to ask the fallback service.
};

[[nodiscard]] constexpr State state_of(std::uint64_t version) noexcept {
    return static_cast<State>(version & 3);
}
[[nodiscard]] constexpr std::uint64_t epoch_of(std::uint64_t version) noexcept {
    return version >> 2;
}

/// epoch << 2 | State, of words that are read together: who sees the same version before and after
/// has seen words of that epoch. Readers neither write nor wait: while words change, the state is
/// `gone`.
template <class Sync>
struct Version {
    /// Changes the words, by `change()`, and begins a new epoch. One writer. Requires: the epoch
    /// was never used. Ordering: [F61] release fence between the version that says `gone` and the
    /// words, pairs with [F62]: who has read a new word sees a version that is not the old one.
    /// [R61] release, pairs with [A61]: who sees the new version sees the words.
    template <class F>
    void change(std::uint64_t epoch, State state, F&& change) noexcept {
        word.store(epoch << 2 | static_cast<std::uint64_t>(State::gone), Order::relaxed);
        Sync::fence(Order::release); // [F61]
        change();
        word.store(epoch << 2 | static_cast<std::uint64_t>(state), Order::release); // [R61]
    }
    /// The words stay as they are. Ordering: as for change().
    void set(State state) noexcept {
        word.store(epoch_of(word.load(Order::relaxed)) << 2 | static_cast<std::uint64_t>(state),
                   Order::release); // [R61]
    }
    /// Before the words are read. Ordering: [A61] acquire, pairs with [R61].
    [[nodiscard]] std::uint64_t load() const noexcept { return word.load(Order::acquire); } // [A61]
    /// After they were read: whether they are all of this version. Ordering: requires [F62], an
    /// acquire fence since; it pairs with [F61].
    [[nodiscard]] bool is_still(std::uint64_t version) const noexcept {
        return word.load(Order::relaxed) == version;
    }

    typename Sync::template Word<std::uint64_t> word; ///< For models; others use the functions.
};

/// Where readers of one module read a value: a word in its memory that only the nucleus writes.
template <class Sync>
struct Place {
    /// Ordering: [R64] release, pairs with [A64]: who sees the address sees what the nucleus has
    /// made there.
    void set(std::uint64_t address) noexcept { word.store(address, Order::release); } // [R64]
    /// Ordering: [A64] acquire, pairs with [R64].
    [[nodiscard]] std::uint64_t load() const noexcept { return word.load(Order::acquire); } // [A64]

    typename Sync::template Word<std::uint64_t> word; ///< For models; others use the functions.
};

} // namespace cw::variables
