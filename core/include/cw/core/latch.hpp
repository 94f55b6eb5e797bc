// A value of several words that one writer publishes and any number of readers read, consistently
// and without writing.
//
// Four slots in turn, each with a stamp of its own. A reader reads the slot that was finished last,
// and looks then whether its stamp is still the same. The writer works in another slot:
// whoever stops or kills it in the middle leaves the last value whole, and readers never wait. A
// value that fits into one word needs none of this: it is a relaxed Atomic. `Sync` is NativeSync,
// or a model checker's. docs/core.md has the argument.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cw/core/atomic.hpp>
#include <cw/core/shared_header.hpp>
#include <type_traits>

namespace cw {

inline constexpr std::uint32_t kLatchSlots = 4;

/// From one slot to the next: a power of two, so that a stamp holds its slot's offset.
constexpr std::size_t latch_stride(std::size_t words) noexcept {
    return std::bit_ceil(words < 8 ? 64 : 8 * (1 + words));
}
/// What `current` may be set to, beside 0, while nothing is published: no slot ever has this stamp,
/// so a reader that only compares finds out too.
inline constexpr std::uint64_t kLatchEmpty = 1;

namespace detail {
template <std::size_t kCount>
struct Bytes {
    std::byte bytes[kCount];
};
template <>
struct Bytes<0> {};
} // namespace detail

/// Words that only the writer writes; readers may map them read-only. All zero: no value yet.
template <class Sync, std::size_t kWords>
struct LatchWords {
    using Word = typename Sync::template Word<std::uint64_t>;
    static constexpr std::uint64_t kStride = latch_stride(kWords);
    static constexpr std::uint64_t kGeneration = kLatchSlots * kStride; ///< One, in a stamp.

    /// The stamp of the slot that was finished last; below kGeneration: none was. It only grows.
    /// [R41] release in publish(), [A41] acquire in read().
    Word current;
    struct alignas(64) Slot {
        /// A number that ends in the offset of the slot from the first one. Goes up before the
        /// words are written anew; a published one never comes again.
        Word stamp;
        Word words[kWords];
        [[no_unique_address]] detail::Bytes<kStride - (8 * (1 + kWords) + 63) / 64 * 64> padding;
    };
    Slot slots[kLatchSlots];
};
static_assert(sizeof(LatchWords<NativeSync, 6>::Slot) == 64 &&
              sizeof(LatchWords<NativeSync, 20>::Slot) == 256);

template <class T>
inline constexpr std::size_t kLatchWordsOf = (sizeof(T) + 7) / 8;

/// The memory of a latch of T.
template <class T, class Sync = NativeSync>
using LatchOf = LatchWords<Sync, kLatchWordsOf<T>>;

/// The writer's private side.
template <class T, class Sync = NativeSync>
    requires std::is_trivially_copyable_v<T>
class LatchWriter {
    using Shared = LatchOf<T, Sync>;

public:
    /// Goes on where the last writer ended, wherever that was. Requires: it is gone.
    explicit LatchWriter(Shared& shared) noexcept :
        shared_{&shared}, current_{shared.current.load(Order::relaxed)} {
        if (current_ >= Shared::kGeneration)
            return; // a stamp behind it, of a writer that died, was never published: it may be
                    // again
        // It was emptied, or never used: no published stamp is greater than those of the slots.
        current_ = Shared::kGeneration - Shared::kStride;
        for (const auto& slot : shared.slots) {
            const std::uint64_t stamp =
                slot.stamp.load(Order::relaxed) / Shared::kStride * Shared::kStride;
            current_ = current_ < stamp ? stamp : current_;
        }
    }
    LatchWriter(const LatchWriter&) = delete;
    LatchWriter& operator=(const LatchWriter&) = delete;

    /// Publishes a value. Context: any, an interrupt handler too, but one context at a time;
    /// readers may interrupt it. Wait-free.
    /// Ordering: [F41] release fence between the stamp and the words, pairs with [F42]: who has
    /// read a new word sees the new stamp. [R41] release, pairs with [A41]: who sees
    /// `current` sees the slot.
    void publish(const T& value) noexcept {
        current_ += Shared::kStride;
        fill(current_, value);
        shared_->current.store(current_, Order::release); // [R41]
    }
    /// As publish(), where interrupt handlers of this very hart, or signal handlers of this thread,
    /// publish through the same object, and may interrupt each other; then all of them use this
    /// one. A value that was overtaken by an interrupt's is not published after it. False: already
    /// three contexts are publishing, and the value was dropped.
    /// Ordering: as for publish(); among the contexts, program order.
    [[nodiscard]] bool publish_nested(const T& value) noexcept {
        const std::uint32_t busy = busy_.load(Order::relaxed);
        std::uint64_t before, last;
        std::uint32_t slot;
        do { // again only if an interrupt has published just here
            before = shared_->current.load(Order::relaxed);
            last = before < current_ ? current_ : before; // it may be empty again
            slot = free_slot(slot_of(last), busy);
            if (slot == kLatchSlots)
                return false;
            // From here on no interrupt uses the slot. Those that came before have left `busy_` as
            // they found it.
            busy_.store(busy | 1u << slot, Order::relaxed);
            local_fence();
        } while (shared_->current.load(Order::relaxed) != before);
        const std::uint64_t mine = next_stamp(last, slot);
        fill(mine, value);
        shared_->current.compare_exchange(before, mine, Order::release, Order::relaxed); // [R41]
        local_fence();
        busy_.store(busy, Order::relaxed);
        return true;
    }

private:
    [[nodiscard]] static std::uint32_t slot_of(std::uint64_t stamp) noexcept {
        return static_cast<std::uint32_t>(stamp / Shared::kStride % kLatchSlots);
    }
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
    /// The first stamp of this slot behind another one.
    [[nodiscard]] static std::uint64_t next_stamp(std::uint64_t last, std::uint32_t slot) noexcept {
        const std::uint64_t stamp =
            last / Shared::kGeneration * Shared::kGeneration + slot * Shared::kStride;
        return last < stamp ? stamp : stamp + Shared::kGeneration;
    }
    /// Writes the slot of this stamp.
    void fill(std::uint64_t stamp, const T& value) noexcept {
        std::uint64_t words[kLatchWordsOf<T>]{};
        __builtin_memcpy(words, &value, sizeof value);
        auto& target = shared_->slots[slot_of(stamp)];
        target.stamp.store(stamp, Order::relaxed);
        Sync::fence(Order::release); // [F41]
        for (std::size_t i = 0; i < kLatchWordsOf<T>; ++i)
            target.words[i].store(words[i], Order::relaxed);
    }

    Shared* shared_;
    std::uint64_t current_;                            ///< The last stamp.
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
    using Shared = LatchOf<T, Sync>;

public:
    /// Ordering: [A41] acquire, pairs with [R41].
    [[gnu::always_inline]] explicit LatchCopy(const Shared& shared) noexcept :
        shared_{shared},
        current_{shared.current.load(Order::acquire)}, // [A41]
        slot_{shared.slots[current_ / Shared::kStride % kLatchSlots]} {
        for (std::size_t i = 0; i < kLatchWordsOf<T>; ++i)
            words_[i] = slot_.words[i].load(Order::relaxed);
    }
    /// Nothing was published yet.
    [[nodiscard]] bool empty() const noexcept { return current_ < Shared::kGeneration; }
    /// The writer has not come back to the slot meanwhile. Never so of kLatchEmpty.
    /// Ordering: requires [F42], an acquire fence since the copy; it pairs with [F41].
    [[nodiscard, gnu::always_inline]] bool whole() const noexcept {
        return slot_.stamp.load(Order::relaxed) == current_;
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
    const Shared& shared_;
    std::uint64_t current_;
    const typename Shared::Slot& slot_;
    std::uint64_t words_[kLatchWordsOf<T>];
};

/// Reads the value that was published last. Context: any; never waits, never writes. A writer that
/// stands still, wherever, costs no second try; a try is in vain only if the writer came back to
/// the same slot meanwhile.
/// Untrusted: the slot's number is masked, the tries are bounded; a writer that lies has its reader
/// see a wrong value.
/// Ordering: [A41] acquire, pairs with [R41]. [F42] acquire fence between the words and the second
/// look at the stamp, pairs with [F41].
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
