// A value of several words that one writer publishes and any number of readers read, consistently
// and without writing.
//
// Four slots in turn, each with a generation of its own. A reader reads the slot that was finished
// last, and looks then whether its generation is still the same. The writer works in another slot:
// whoever stops or kills it in the middle leaves the last value whole, and readers never wait. A
// value that fits into one word needs none of this: it is a relaxed Atomic. `Sync` is NativeSync,
// or a model checker's. docs/core.md has the argument.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/atomic.hpp>
#include <cw/core/shared_header.hpp>
#include <type_traits>

namespace cw {

inline constexpr std::uint32_t kLatchSlots = 4;

/// Words that only the writer writes; readers may map them read-only. All zero: no value yet.
template <class Sync, std::size_t kWords>
struct LatchWords {
    using Word = typename Sync::template Word<std::uint64_t>;

    /// The slot that was finished last, and its generation then: generation << 2 | slot; 0: none.
    /// Each value but 0 is stored once. [R41] release in publish(), [A41] acquire in read().
    Word current;
    struct alignas(64) Slot {
        Word generation; ///< Goes up before the words are written anew.
        Word words[kWords];
    } slots[kLatchSlots];
};

template <class T>
inline constexpr std::size_t kLatchWordsOf = (sizeof(T) + 7) / 8;

/// The memory of a latch of T.
template <class T, class Sync = NativeSync>
using LatchOf = LatchWords<Sync, kLatchWordsOf<T>>;

/// The writer's private side.
template <class T, class Sync = NativeSync>
    requires std::is_trivially_copyable_v<T>
class LatchWriter {
public:
    /// Goes on where the last writer ended, wherever that was. Requires: it is gone.
    explicit LatchWriter(LatchOf<T, Sync>& shared) noexcept :
        shared_{&shared}, current_{shared.current.load(Order::relaxed)} {
        for (std::uint32_t i = 0; i < kLatchSlots; ++i)
            generations_[i] = shared.slots[i].generation.load(Order::relaxed);
    }
    LatchWriter(const LatchWriter&) = delete;
    LatchWriter& operator=(const LatchWriter&) = delete;

    /// Publishes a value. Context: any, an interrupt handler too, but one context at a time;
    /// readers may interrupt it. Wait-free.
    /// Ordering: [F41] release fence between the generation and the words, pairs with [F42]: who
    /// has read a new word sees the new generation. [R41] release, pairs with [A41]: who sees
    /// `current` sees the slot.
    void publish(const T& value) noexcept {
        current_ = fill((current_ + 1) % kLatchSlots, value);
        shared_->current.store(current_, Order::release); // [R41]
    }
    /// As publish(), where interrupt handlers of this very hart, or signal handlers of this thread,
    /// publish through the same object, and may interrupt each other; then all of them use this
    /// one. A value that was overtaken by an interrupt's is not published after it. False: already
    /// three contexts are publishing, and the value was dropped.
    /// Ordering: as for publish(); among the contexts, program order.
    [[nodiscard]] bool publish_nested(const T& value) noexcept {
        const std::uint32_t busy = busy_.load(Order::relaxed);
        std::uint64_t before;
        std::uint32_t slot;
        do { // again only if an interrupt has published just here
            before = shared_->current.load(Order::relaxed);
            slot = free_slot(static_cast<std::uint32_t>(before % kLatchSlots), busy);
            if (slot == kLatchSlots)
                return false;
            // From here on no interrupt uses the slot. Those that came before have left `busy_` as
            // they found it.
            busy_.store(busy | 1u << slot, Order::relaxed);
            local_fence();
        } while (shared_->current.load(Order::relaxed) != before);
        const std::uint64_t mine = fill(slot, value);
        shared_->current.compare_exchange(before, mine, Order::release, Order::relaxed); // [R41]
        local_fence();
        busy_.store(busy, Order::relaxed);
        return true;
    }

private:
    /// A slot behind `current` in which nobody is writing; kLatchSlots if there is none.
    [[nodiscard]] static std::uint32_t free_slot(std::uint32_t current,
                                                 std::uint32_t busy) noexcept {
        for (std::uint32_t n = 1; n < kLatchSlots; ++n) {
            const std::uint32_t slot = (current + n) % kLatchSlots;
            if ((busy >> slot & 1) == 0)
                return slot;
        }
        return kLatchSlots;
    }
    /// Writes a slot and returns what `current` is to be.
    [[nodiscard]] std::uint64_t fill(std::uint64_t slot, const T& value) noexcept {
        std::uint64_t words[kLatchWordsOf<T>]{};
        __builtin_memcpy(words, &value, sizeof value);
        auto& target = shared_->slots[slot];
        const std::uint64_t generation = ++generations_[slot];
        target.generation.store(generation, Order::relaxed);
        Sync::fence(Order::release); // [F41]
        for (std::size_t i = 0; i < kLatchWordsOf<T>; ++i)
            target.words[i].store(words[i], Order::relaxed);
        return generation * kLatchSlots + slot;
    }

    LatchOf<T, Sync>* shared_;
    std::uint64_t current_;
    std::uint64_t generations_[kLatchSlots];           ///< Of each slot; its writer's alone.
    typename Sync::template Word<std::uint32_t> busy_; ///< Slots in which publish_nested() writes.
};

/// What a reader found.
enum class Latched : std::uint8_t {
    value, ///< A value, whole, and not older than one that this thread has seen before.
    empty, ///< Nothing was published yet.
    busy,  ///< Overtaken in each try: the writer publishes faster than this thread reads.
};

/// A try to read a latch: its words as they were copied, of one value only if whole().
template <class T, class Sync>
class LatchCopy {
public:
    /// Ordering: [A41] acquire, pairs with [R41].
    [[gnu::always_inline]] explicit LatchCopy(
        const LatchWords<Sync, kLatchWordsOf<T>>& shared) noexcept :
        shared_{shared},
        current_{shared.current.load(Order::acquire)}, // [A41]
        slot_{shared.slots[current_ % kLatchSlots]} {
        for (std::size_t i = 0; i < kLatchWordsOf<T>; ++i)
            words_[i] = slot_.words[i].load(Order::relaxed);
    }
    /// Nothing was published yet.
    [[nodiscard]] bool empty() const noexcept { return current_ == 0; }
    /// The writer has not come back to the slot meanwhile.
    /// Ordering: requires [F42], an acquire fence since the copy; it pairs with [F41].
    [[nodiscard, gnu::always_inline]] bool whole() const noexcept {
        return slot_.generation.load(Order::relaxed) == current_ / kLatchSlots;
    }
    /// Nothing was published since. Ordering: as for whole().
    [[nodiscard, gnu::always_inline]] bool latest() const noexcept {
        return shared_.current.load(Order::relaxed) == current_;
    }
    /// Requires: whole().
    [[gnu::always_inline]] void get(T& value) const noexcept {
        __builtin_memcpy(&value, words_, sizeof value);
    }

private:
    const LatchWords<Sync, kLatchWordsOf<T>>& shared_;
    std::uint64_t current_;
    const typename LatchWords<Sync, kLatchWordsOf<T>>::Slot& slot_;
    std::uint64_t words_[kLatchWordsOf<T>];
};

/// Reads the value that was published last. Context: any; never waits, never writes. A writer that
/// stands still, wherever, costs no second try; a try is in vain only if the writer came back to
/// the same slot meanwhile.
/// Untrusted: the slot's number is masked, the tries are bounded; a writer that lies has its reader
/// see a wrong value.
/// Ordering: [A41] acquire, pairs with [R41]. [F42] acquire fence between the words and the second
/// look at the generation, pairs with [F41].
template <class T, class Sync>
[[nodiscard]] Latched latch_read(const LatchWords<Sync, kLatchWordsOf<T>>& shared,
                                 T& value) noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    constexpr int kTries = 4;
    for (int tries = 0; tries < kTries; ++tries) {
        const LatchCopy<T, Sync> copy{shared};
        if (copy.empty())
            return Latched::empty;
        Sync::fence(Order::acquire); // [F42]
        if (copy.whole()) [[likely]] {
            copy.get(value);
            return Latched::value;
        }
    }
    return Latched::busy;
}

/// A latch in memory that programmes share, at any address.
template <class T>
struct SharedLatch {
    static constexpr Layout kLayout{Shape::latch, sizeof(T), kLatchSlots, 1};

    SharedHeader header;
    alignas(64) LatchOf<T> latch;

    /// Requires: the memory is zeroed.
    void initialise() noexcept { header.complete(kLayout); }
    /// True if it was initialised, for values of this size. Ordering: [A20].
    [[nodiscard]] bool valid() const noexcept { return header.matches(kLayout); }
    /// As latch_read(). Requires: valid().
    [[nodiscard]] Latched read(T& value) const noexcept { return latch_read(latch, value); }
};

} // namespace cw
