// A ring of records of one size: one writer, several readers that do not know of each other and
// whose mapping is read-only.
//
// A full ring overwrites what is oldest, or drops what is newest, or has the writer wait. The last
// two spare what a reader with a cursor has not taken; the cursor is a page that this reader
// writes. What is lost is counted exactly. Words are atomics, since a reader may read what is being
// overwritten and drops it then (Boehm, "Can seqlocks get along with programming language memory
// models?", MSPC 2012). `Sync` is NativeSync, or a model checker's. docs/core.md has the argument.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/atomic.hpp>
#include <cw/core/shared_header.hpp>

namespace cw {

/// What a writer does that finds the ring full.
enum class TracePolicy : std::uint8_t {
    overwrite,   ///< Goes on: readers lose the oldest records, and know how many.
    drop_newest, ///< Refuses the record and counts it.
    block,       ///< Refuses it, counts nothing: the writer is to wait, and to try again.
};

/// Words that only the writer writes. They count records since the ring was made, and do not wrap.
template <class Sync>
struct TraceWords {
    using Word = typename Sync::template Word<std::uint64_t>;

    Word begin;       ///< Records begun.
    Word end;         ///< Records complete. [R31] release in record(), [A31] acquire in read().
    Word dropped;     ///< Records refused by drop_newest.
    Word space_event; ///< block: wake me when a cursor moves past this.
};

/// The word of a reader that the writer waits for. Only this reader writes it; after its death,
/// whoever cleans up behind it, with kDetached.
template <class Sync>
struct TraceCursor {
    static constexpr std::uint64_t kDetached = ~std::uint64_t{0};

    typename Sync::template Word<std::uint64_t>
        taken; ///< Records that may be overwritten. [R32] release in release(), [A32] acquire in
               ///< record().
};

/// A record in the ring. `tag` is the id, and above it the low half of 1 + the record's position;
/// it is written last: where it fits, the record is whole, also if its writer died before counting
/// it.
template <class Sync, std::size_t kArgs>
struct TraceSlot {
    using Word = typename Sync::template Word<std::uint64_t>;

    Word timestamp;
    Word tag;
    Word args[kArgs];
};

/// A record that was read.
template <std::size_t kArgs = 2>
struct TraceEvent {
    std::uint64_t timestamp;
    std::uint64_t position; ///< How many were recorded before it.
    std::uint32_t id;
    std::uint64_t args[kArgs];
};

/// The writer's private side. Context: one thread, or one interrupt handler that nothing interrupts
/// which records too; each level has a ring of its own. Nothing blocks, nothing allocates.
template <TracePolicy kPolicy,
          std::size_t kArgs = 2,
          std::uint32_t kCursors = 1,
          class Sync = NativeSync>
class TraceWriter {
public:
    using Cursor = TraceCursor<Sync>;
    static constexpr bool kSpares = kPolicy != TracePolicy::overwrite;

    TraceWriter() noexcept = default;
    /// Goes on where the last writer ended: the number of a record that it had begun is not used
    /// again. Requires: capacity is a power of two; no other writer is left.
    TraceWriter(TraceWords<Sync>* words,
                TraceSlot<Sync, kArgs>* slots,
                std::uint32_t capacity) noexcept :
        words_{words},
        slots_{slots},
        next_{words->begin.load(Order::relaxed)},
        limit_{next_},
        dropped_{words->dropped.load(Order::relaxed)},
        capacity_{capacity} {}
    /// For a policy that spares records. Requires: as above; each cursor is that of a reader, or
    /// detached.
    void set_cursor(std::uint32_t index, const Cursor* cursor) noexcept
        requires kSpares
    {
        cursors_[index] = cursor;
        seen_[index] = Cursor::kDetached;
    }

    /// Records an event; false if the policy refused it.
    /// Untrusted: a cursor is loaded once and checked; one that goes back or beyond the end is not
    /// spared any more, for good.
    /// Ordering: [F31] release fence between `begin` and the record, pairs with [F32]: who has read
    /// a new word sees that its record was begun. [R31] release, pairs with [A31]: who sees the
    /// count sees the record. [A32] acquire, pairs with [R32]: records are read before they are
    /// overwritten.
    template <class... Args>
        requires(sizeof...(Args) == kArgs)
    [[gnu::always_inline]] bool
    record(std::uint64_t timestamp, std::uint32_t id, Args... args) noexcept {
        if constexpr (kSpares) {
            if (next_ == limit_ && !find_room()) [[unlikely]] {
                if constexpr (kPolicy == TracePolicy::drop_newest)
                    words_->dropped.store(++dropped_, Order::relaxed);
                return false;
            }
        }
        // Copies: for all that the compiler knows, the ring's words may be these members.
        TraceWords<Sync>* const shared = words_;
        TraceSlot<Sync, kArgs>& slot = slots_[next_ & (capacity_ - 1)];
        const std::uint64_t begun = next_ + 1;
        next_ = begun;
        shared->begin.store(begun, Order::relaxed);
        Sync::fence(Order::release); // [F31]
        slot.timestamp.store(timestamp, Order::relaxed);
        std::size_t i = 0;
        (slot.args[i++].store(static_cast<std::uint64_t>(args), Order::relaxed), ...);
        local_fence(); // whoever stops this hart here leaves no tag in front of its record
        slot.tag.store(begun << 32 | id, Order::relaxed);
        shared->end.store(begun, Order::release); // [R31]
        return true;
    }
    /// Whether the next record() has to look for room. Else it does not fail.
    [[nodiscard]] bool looks_for_room() const noexcept { return kSpares && next_ == limit_; }
    /// With the policy block, after record() refused: true if a reader will say so when there is
    /// room again; sleep. False: there is room now. Ordering: [F33] full fence between the store of
    /// space_event and the loads of the cursors, pairs with [F34] in wake_writer().
    [[nodiscard]] bool prepare_wait() noexcept
        requires(kPolicy == TracePolicy::block)
    {
        words_->space_event.store(next_ - capacity_, Order::relaxed);
        Sync::fence(Order::seq_cst); // [F33]
        return !find_room();
    }

private:
    /// True if there is room for a record, up to limit_.
    [[nodiscard, gnu::noinline]] bool find_room() noexcept {
        std::uint64_t spared = next_; // what the slowest reader has not taken begins here
        for (std::uint32_t i = 0; i < kCursors; ++i) {
            if (cursors_[i] == nullptr)
                continue;
            const std::uint64_t taken = cursors_[i]->taken.load(Order::acquire); // [A32]
            if (taken == Cursor::kDetached) {
                seen_[i] = taken;
                continue;
            }
            const std::uint64_t least = seen_[i] == Cursor::kDetached ? 0 : seen_[i];
            if (liars_ >> i & 1 || taken < least || taken > next_) [[unlikely]] {
                liars_ |= 1u << i;
                continue;
            }
            seen_[i] = taken;
            // Who attached behind what is still there has lost that already.
            const std::uint64_t oldest = next_ < capacity_ ? 0 : next_ - capacity_;
            const std::uint64_t from = taken < oldest ? oldest : taken;
            spared = from < spared ? from : spared;
        }
        limit_ = spared + capacity_;
        return next_ != limit_;
    }

    static_assert(kCursors >= 1 && kCursors <= 32);
    TraceWords<Sync>* words_ = nullptr;
    TraceSlot<Sync, kArgs>* slots_ = nullptr;
    const Cursor* cursors_[kCursors]{};
    std::uint64_t next_ = 0;  ///< Records begun.
    std::uint64_t limit_ = 0; ///< As many may be begun without a look at the cursors.
    std::uint64_t dropped_ = 0;
    std::uint64_t seen_[kCursors]{};
    std::uint32_t liars_ = 0; ///< Bit i: cursor i was caught.
    std::uint32_t capacity_ = 0;
};

/// One reader's private side. Context: any; read() is bounded and never waits for the writer, dead
/// or alive.
template <std::size_t kArgs = 2, class Sync = NativeSync>
class TraceReader {
public:
    using Event = TraceEvent<kArgs>;
    using Cursor = TraceCursor<Sync>;

    struct Got {
        std::uint32_t count; ///< Events that were written to `out`.
        std::uint64_t lost;  ///< Records between the last call's and the last of these that were
                             ///< overwritten, or that a dead writer has left torn.
    };

    TraceReader() noexcept = default;
    /// Reads from record `first`: what was overwritten since counts as lost. With a `cursor`,
    /// writers that spare records spare those this reader has not given back with release().
    /// Requires: capacity is the writer's; the cursor is this reader's.
    TraceReader(const TraceWords<Sync>* words,
                const TraceSlot<Sync, kArgs>* slots,
                std::uint32_t capacity,
                std::uint64_t first = 0,
                Cursor* cursor = nullptr) noexcept :
        words_{words},
        slots_{slots},
        cursor_{cursor},
        next_{first},
        released_{first},
        capacity_{capacity} {}

    /// Copies the next records, oldest first, at most `most`, and steps over them.
    /// Untrusted: counts are loaded once and only bound the work: a writer that lies has its reader
    /// see wrong events. A count that goes back yields nothing.
    /// Ordering: [A31] acquire, pairs with [R31]. [F32] acquire fence between the records and
    /// `begin`, pairs with [F31].
    [[nodiscard]] Got read(Event* out, std::uint32_t most) noexcept {
        const std::uint64_t end = words_->end.load(Order::acquire); // [A31]
        if (end <= next_)
            return {0, 0};
        const std::uint64_t from = end - next_ > capacity_ ? end - capacity_ : next_;
        const auto count = static_cast<std::uint32_t>(end - from < most ? end - from : most);
        for (std::uint32_t i = 0; i < count; ++i)
            copy(out[i], from + i);
        Sync::fence(Order::acquire); // [F32]
        const std::uint64_t begin = words_->begin.load(Order::relaxed);
        const std::uint64_t oldest = begin < capacity_ ? 0 : begin - capacity_;
        // Keep what was not being overwritten, and has its own number.
        std::uint32_t kept = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            if (from + i >= oldest && out[i].position == from + i) [[likely]]
                out[kept++] = out[i];
        }
        const Got got{kept, from + count - next_ - kept};
        next_ = from + count;
        return got;
    }
    /// Records refused so far by a writer with the policy drop_newest.
    [[nodiscard]] std::uint64_t dropped() const noexcept {
        return words_->dropped.load(Order::relaxed);
    }
    /// How many records there had been at the end of the last read(), lost ones included.
    [[nodiscard]] std::uint64_t position() const noexcept { return next_; }

    /// Lets the writer overwrite what was read; the first time, attaches the cursor: what is
    /// recorded from then on is spared, what was there before may still be overwritten. Requires: a
    /// cursor. Ordering: [R32] release, pairs with [A32].
    void release() noexcept { cursor_->taken.store(next_, Order::release); } // [R32]
    /// True if a writer with the policy block waits and is to be woken. Requires: release() since
    /// the last read(). Ordering: [F34] full fence between the store of the cursor and the load of
    /// space_event, pairs with [F33].
    [[nodiscard]] bool wake_writer() noexcept {
        Sync::fence(Order::seq_cst); // [F34]
        const std::uint64_t event = words_->space_event.load(Order::relaxed);
        const std::uint64_t before = released_;
        released_ = next_;
        return next_ - event - 1 < next_ - before;
    }
    /// Has the writer not wait for this reader any more. Wake a writer with the policy block then,
    /// in any case. Also for whoever cleans up behind a dead reader, through a TraceReader with its
    /// cursor: the dead one may have released records and not woken. Ordering: [R32]; the wake
    /// orders the rest.
    void detach() noexcept {
        cursor_->taken.store(TraceCursor<Sync>::kDetached, Order::release); // [R32]
    }

private:
    void copy(Event& event, std::uint64_t position) const noexcept {
        const TraceSlot<Sync, kArgs>& slot = slots_[position & (capacity_ - 1)];
        event.timestamp = slot.timestamp.load(Order::relaxed);
        const std::uint64_t tag = slot.tag.load(Order::relaxed);
        event.id = static_cast<std::uint32_t>(tag);
        const auto number = static_cast<std::uint32_t>(tag >> 32);
        // The whole position, if the low half is right.
        event.position = position + (number - static_cast<std::uint32_t>(position + 1));
        for (std::size_t i = 0; i < kArgs; ++i)
            event.args[i] = slot.args[i].load(Order::relaxed);
    }

    const TraceWords<Sync>* words_ = nullptr;
    const TraceSlot<Sync, kArgs>* slots_ = nullptr;
    Cursor* cursor_ = nullptr;
    std::uint64_t next_ = 0;     ///< The next record to read.
    std::uint64_t released_ = 0; ///< What the last wake_writer() has told.
    std::uint32_t capacity_ = 0;
};

/// The memory of a trace ring: no pointers in it, so each side may map it at an address of its own;
/// readers need to write nothing but their cursor's page, if they have one.
template <std::uint32_t kCapacity, std::size_t kArgs = 2, std::uint32_t kCursors = 1>
class TraceRing {
    static_assert(kCapacity != 0 && (kCapacity & (kCapacity - 1)) == 0, "a power of two");

public:
    static constexpr std::size_t kPage = 4096;
    static constexpr Layout kLayout{
        Shape::trace, sizeof(TraceSlot<NativeSync, kArgs>), kCapacity, kCursors};

    alignas(kPage) SharedHeader header;
    struct alignas(kPage) {
        TraceWords<NativeSync> words;
        alignas(64) TraceSlot<NativeSync, kArgs> slots[kCapacity];
    } writer;
    struct alignas(kPage) {
        TraceCursor<NativeSync> cursor;
    } readers[kCursors];

    /// Requires: nobody uses the memory; it is zeroed, or what it holds is to be forgotten.
    void initialise() noexcept {
        writer.words.begin.store(0, Order::relaxed);
        writer.words.end.store(0, Order::relaxed);
        writer.words.dropped.store(0, Order::relaxed);
        writer.words.space_event.store(~std::uint64_t{0}, Order::relaxed);
        for (auto& slot : writer.slots)
            slot.tag.store(0, Order::relaxed);
        for (auto& reader : readers)
            reader.cursor.taken.store(TraceCursor<NativeSync>::kDetached, Order::relaxed);
        header.complete(kLayout);
    }
    /// True if it was initialised, for these numbers. Ordering: [A20].
    [[nodiscard]] bool valid() const noexcept { return header.matches(kLayout); }
    /// Requires: valid(); no writer is left.
    template <TracePolicy kPolicy>
    [[nodiscard]] TraceWriter<kPolicy, kArgs, kCursors> make_writer() noexcept {
        TraceWriter<kPolicy, kArgs, kCursors> made{&writer.words, writer.slots, kCapacity};
        if constexpr (kPolicy != TracePolicy::overwrite) {
            for (std::uint32_t i = 0; i < kCursors; ++i)
                made.set_cursor(i, &readers[i].cursor);
        }
        return made;
    }
    /// A reader of everything since record `first`. Requires: valid().
    [[nodiscard]] TraceReader<kArgs> make_reader(std::uint64_t first = 0) const noexcept {
        return {&writer.words, writer.slots, kCapacity, first};
    }
    /// A reader that the writer waits for, if its policy spares records, from its first release()
    /// on. Requires: valid(); no other reader has this cursor.
    [[nodiscard]] TraceReader<kArgs> make_reader_with(std::uint32_t cursor,
                                                      std::uint64_t first = 0) noexcept {
        return {&writer.words, writer.slots, kCapacity, first, &readers[cursor].cursor};
    }
};

} // namespace cw
