// Single-producer single-consumer ring indices with suppressed wake-ups. The two sides may distrust
// each other.
//
// This file is the protocol; the slots lie beside it and are of the user's type. `Sync` is
// NativeSync, or a model checker's. Data path: Lê, Guatto, Cohen, Pop, "Correct and Efficient
// Bounded FIFO Queues", SBAC-PAD 2013 (cached peer index). Wake suppression: VIRTIO 1.1, 2.6.7
// (event index). docs/ring.md argues why both full fences are needed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/channel.hpp>
#include <cw/core/arch/lines.hpp>
#include <cw/core/atomic.hpp>

namespace cw {

/// Words that only the producer writes. The first cache line has the tail and, of some messages, a
/// copy: who polls the tail and finds one message there has that message as well, and need not wait
/// for the slot's line to come after it. A message that is the only one on its way is worth it.
template <class Sync>
struct ProducerWords {
    typename Sync::template Word<std::uint32_t>
        tail; ///< Next slot to fill. [R1] release in publish(), [A1] acquire in available().
    typename Sync::template Word<std::uint32_t>
        copied; ///< The tail behind the message that `copy` is of. See copy_beside().
    typename Sync::template Word<std::uint64_t> copy[abi::kCopyWords];
    alignas(128) typename Sync::template Word<std::uint32_t> space_event; ///< Wake me when head
                                                                          ///< moves past this.
};

/// Words that only the consumer writes.
template <class Sync>
struct ConsumerWords {
    typename Sync::template Word<std::uint32_t>
        head; ///< Next slot to take. [R2] release in release(), [A2] acquire in free_slots().
    alignas(128) typename Sync::template Word<std::uint32_t> data_event; ///< Wake me when tail
                                                                         ///< moves past this.
};

/// True if the event index `event` lies among the indices [from, to) that have just been passed.
[[nodiscard]] constexpr bool
event_passed(std::uint32_t event, std::uint32_t from, std::uint32_t to) noexcept {
    return to - event - 1 < to - from;
}

/// The producer's private side.
template <class Sync>
class RingProducer {
public:
    using Mine = ProducerWords<Sync>;
    using Theirs = const ConsumerWords<Sync>;

    RingProducer() noexcept = default;
    /// Requires: capacity is a power of two; both pages hold `first` in tail, head and data_event.
    RingProducer(Mine* mine, Theirs* theirs, std::uint32_t capacity, std::uint32_t first) noexcept :
        mine_{mine},
        theirs_{theirs},
        tail_{first},
        flushed_{first},
        cached_head_{first},
        capacity_{capacity} {}

    /// Slots that may be filled now, starting at index(). Looks at the consumer's page only when
    /// the cached head says "full". Untrusted: head is loaded once; an impossible one makes
    /// faulted() true and the ring full for good.
    [[nodiscard]] std::uint32_t free_slots() noexcept {
        std::uint32_t used = tail_ - cached_head_;
        if (used >= capacity_) {
            used = unreleased();
            if (used >= capacity_)
                return 0;
        }
        return capacity_ - used;
    }
    /// Slots that were published and are not given back. With credits it may be more than the
    /// capacity: a consumer that has taken slots answers them before it gives them back.
    [[nodiscard]] std::uint32_t unreleased() noexcept {
        refresh_head();
        return tail_ - cached_head_;
    }
    /// Position of the n-th free slot in the slot array.
    [[nodiscard]] std::uint32_t slot(std::uint32_t n = 0) const noexcept {
        return (tail_ + n) & (capacity_ - 1);
    }
    /// As slot(), where the capacity is known to the compiler. Requires: kCapacity is the ring's
    /// capacity.
    template <std::uint32_t kCapacity>
    [[nodiscard]] std::uint32_t slot_of() const noexcept {
        return tail_ & (kCapacity - 1);
    }
    /// Makes the next n slots visible. Requires: n <= free_slots(), the slots are filled.
    /// Ordering: [R1] release, pairs with [A1]: who sees the tail sees the slots.
    void publish(std::uint32_t n = 1) noexcept { publish_to(tail_ + n); }
    /// As publish(), for a loop that keeps the tail in a register.
    [[gnu::always_inline]] void publish_to(std::uint32_t tail) noexcept {
        publish_index(*mine_, tail_, tail);
        tail_ = tail;
    }
    /// As publish_to(), where the caller keeps everything.
    [[gnu::always_inline]] static void
    publish_index(Mine& mine, std::uint32_t from, std::uint32_t tail) noexcept {
        // So that a copy is not taken for that of a message 2^32 later.
        if constexpr (arch::kCopyBesideTail) {
            if ((from ^ tail) >> 30 != 0) [[unlikely]]
                mine.copied.store(tail + (1u << 31), Order::relaxed);
        }
        mine.tail.store(tail, Order::release); // [R1]
    }
    /// Puts a copy of the message that is published next beside the tail. Requires: it is in its
    /// slot too; at most abi::kCopyWords words.
    /// Ordering: [F6] release fence between `copied` and the copy, pairs with [F7] in take_copy():
    /// who has read a word of a newer message sees that the copy is another's.
    template <std::size_t kWords>
        requires(kWords <= abi::kCopyWords)
    [[gnu::always_inline]] void copy_beside(const std::uint64_t (&words)[kWords]) noexcept {
        copy_beside(*mine_, tail_, words);
    }
    template <std::size_t kWords>
    [[gnu::always_inline]] static void
    copy_beside(Mine& mine, std::uint32_t tail, const std::uint64_t (&words)[kWords]) noexcept {
        mine.copied.store(tail + 1, Order::relaxed);
        Sync::fence(Order::release); // [F6]
        for (std::size_t i = 0; i < kWords; ++i)
            mine.copy[i].store(words[i], Order::relaxed);
    }
    /// True if the consumer asked to be woken for something published since the last call. One call
    /// per batch. Ordering: [F1] full fence between the store of tail and the load of data_event,
    /// pairs with [F2] in prepare_wait(). With anything weaker both sides can miss each other: a
    /// lost wake-up.
    [[nodiscard]] bool flush() noexcept {
        Sync::fence(Order::seq_cst); // [F1]
        return flush_after_fence();
    }
    /// As flush(), for a caller that has executed one full fence for many rings.
    [[nodiscard]] bool flush_after_fence() noexcept {
        const std::uint32_t event = theirs_->data_event.load(Order::relaxed);
        const bool wake = event_passed(event, flushed_, tail_);
        flushed_ = tail_;
        return wake;
    }
    [[nodiscard]] bool unflushed() const noexcept { return flushed_ != tail_; }
    /// True if the consumer seems to sleep for something published since the last flush: a hint,
    /// without a fence. False may be wrong; flush() is still due before the producer sleeps.
    [[nodiscard]] bool consumer_seems_asleep() const noexcept {
        return event_passed(theirs_->data_event.load(Order::relaxed), flushed_, tail_);
    }
    /// Announces that the producer is about to sleep until there is space; false if there is some
    /// now (do not sleep). Ordering: [F3] full fence between the store of space_event and the load
    /// of head, pairs with [F4] in wake_producer().
    [[nodiscard]] bool prepare_wait() noexcept {
        mine_->space_event.store(cached_head_, Order::relaxed);
        Sync::fence(Order::seq_cst); // [F3]
        refresh_head();
        return !faulted_ && tail_ - cached_head_ >= capacity_;
    }
    [[nodiscard]] bool faulted() const noexcept { return faulted_; }
    [[nodiscard]] std::uint32_t tail() const noexcept { return tail_; }
    /// For a loop that publishes without storing tail() each time; it does at last.
    [[nodiscard]] Mine& shared() noexcept { return *mine_; }
    void set_tail(std::uint32_t tail) noexcept { tail_ = tail; }

private:
    void refresh_head() noexcept {
        const std::uint32_t head = theirs_->head.load(Order::acquire); // [A2]
        // The consumer can only have moved forward, and not past the tail.
        if (faulted_ || tail_ - head > tail_ - cached_head_) [[unlikely]] {
            faulted_ = true;
            cached_head_ = tail_ - capacity_;
            return;
        }
        cached_head_ = head;
    }

    Mine* mine_ = nullptr;
    Theirs* theirs_ = nullptr;
    std::uint32_t tail_ = 0;
    std::uint32_t flushed_ = 0;
    std::uint32_t cached_head_ = 0;
    std::uint32_t capacity_ = 0;
    bool faulted_ = false;
};

/// The consumer's private side.
template <class Sync>
class RingConsumer {
public:
    using Mine = ConsumerWords<Sync>;
    using Theirs = const ProducerWords<Sync>;

    RingConsumer() noexcept = default;
    /// Requires: as for RingProducer.
    RingConsumer(Mine* mine, Theirs* theirs, std::uint32_t capacity, std::uint32_t first) noexcept :
        mine_{mine}, theirs_{theirs}, head_{first}, capacity_{capacity} {}

    /// Slots that may be taken now, starting at slot(0).
    /// Untrusted: tail is loaded once; an impossible one makes faulted() true, and nothing is
    /// available for good. Ordering: [A1] acquire, pairs with [R1].
    [[nodiscard]] std::uint32_t available() noexcept {
        const std::uint32_t count = theirs_->tail.load(Order::acquire) - head_; // [A1]
        if (count > capacity_) [[unlikely]] {
            capacity_ = 0; // for good
            return 0;
        }
        return count;
    }
    /// As available(), but not checked: more than the capacity is an impossible tail.
    [[nodiscard]] std::uint32_t unchecked() const noexcept {
        return theirs_->tail.load(Order::acquire) - head_; // [A1]
    }
    /// Reads the first `count` words of the oldest message from its copy beside the tail; false if
    /// there is none: then it is in its slot only. Requires: one message is available; count <=
    /// abi::kCopyWords.
    /// Untrusted: each word is loaded once. Ordering: [F7] acquire fence between the copy and the
    /// second look at whose it is, pairs with [F6]; that the copy is there at all follows from
    /// [A1].
    [[nodiscard, gnu::always_inline]] bool take_copy(std::uint64_t* words,
                                                     std::uint32_t count) const noexcept {
        if (theirs_->copied.load(Order::relaxed) != head_ + 1)
            return false;
        for (std::uint32_t i = 0; i < count; ++i)
            words[i] = theirs_->copy[i].load(Order::relaxed);
        Sync::fence(Order::acquire); // [F7]
        return theirs_->copied.load(Order::relaxed) == head_ + 1;
    }
    /// True if available() would not be 0; for the poll loop.
    [[nodiscard]] bool pending() const noexcept {
        return theirs_->tail.load(Order::relaxed) != head_;
    }
    [[nodiscard]] std::uint32_t slot(std::uint32_t n = 0) const noexcept {
        return (head_ + n) & (capacity_ - 1);
    }
    /// As slot(), where the capacity is known to the compiler. Requires: kCapacity is the ring's
    /// capacity.
    template <std::uint32_t kCapacity>
    [[nodiscard]] std::uint32_t slot_of() const noexcept {
        return head_ & (kCapacity - 1);
    }
    /// Steps over n slots that were copied out. The producer sees them free only after release().
    void take(std::uint32_t n = 1) noexcept { head_ += n; }
    /// As take(), for a loop that keeps the head in a register.
    void take_to(std::uint32_t head) noexcept { head_ = head; }
    /// Gives all taken slots back. Ordering: [R2] release, pairs with [A2]: the slots are read
    /// before they are reused.
    void release() noexcept { mine_->head.store(head_, Order::release); } // [R2]
    /// True if the producer asked to be woken for space given back since `before`. Requires:
    /// release() since the last take(). Ordering: [F4], pairs with [F3].
    [[nodiscard]] bool wake_producer(std::uint32_t before) noexcept {
        Sync::fence(Order::seq_cst); // [F4]
        return event_passed(theirs_->space_event.load(Order::relaxed), before, head_);
    }
    /// Announces that the consumer is about to sleep; false if something is there now (do not
    /// sleep). Ordering: [F2] full fence between the store of data_event and the load of tail,
    /// pairs with [F1] in flush().
    [[nodiscard]] bool prepare_wait() noexcept {
        arm();
        Sync::fence(Order::seq_cst); // [F2]
        return !pending();
    }
    /// First half of prepare_wait(), for a caller that arms many rings before one fence; then
    /// pending() must be asked again of each. It need not be of a ring that was armed at this very
    /// index before: a message that came since has rung the doorbell already.
    void arm() noexcept { mine_->data_event.store(head_, Order::relaxed); }
    [[nodiscard]] bool faulted() const noexcept { return capacity_ == 0; }
    [[nodiscard]] std::uint32_t head() const noexcept { return head_; }

private:
    Mine* mine_ = nullptr;
    Theirs* theirs_ = nullptr;
    std::uint32_t head_ = 0;
    std::uint32_t capacity_ = 0;
};

/// An index page as both sides of a channel see it: the owner produces into one ring and consumes
/// from the other.
struct IndexPage {
    ProducerWords<NativeSync> producer;
    alignas(256) ConsumerWords<NativeSync> consumer;
};
static_assert(offsetof(IndexPage, producer.tail) == abi::kProducerTailOffset);
static_assert(offsetof(IndexPage, producer.copied) == abi::kProducerCopiedOffset);
static_assert(offsetof(IndexPage, producer.copy) == abi::kProducerCopyOffset);
static_assert(offsetof(ProducerWords<NativeSync>, copy[abi::kCopyWords]) == 64, "a cache line");
static_assert(offsetof(IndexPage, producer.space_event) == abi::kProducerSpaceEventOffset);
static_assert(offsetof(IndexPage, consumer.head) == abi::kConsumerHeadOffset);
static_assert(offsetof(IndexPage, consumer.data_event) == abi::kConsumerDataEventOffset);
static_assert(sizeof(IndexPage) <= abi::kSlotsOffset);

} // namespace cw
