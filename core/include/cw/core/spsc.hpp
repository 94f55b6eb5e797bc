// A ring of typed slots for one producer and one consumer, for programmes that want nothing else.
//
// The protocol is ring.hpp's; this file adds the slots and the memory. Who sleeps, and how it is
// woken, is the programme's business: the functions only say when. docs/core.md has examples.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/ring.hpp>
#include <cw/core/shared_header.hpp>
#include <span>
#include <type_traits>

namespace cw {

/// What may lie in a slot: who reads it may be in another process, and may be lied to.
template <class T, class Sync>
concept Slot = std::is_trivially_copyable_v<T> || !std::is_same_v<Sync, NativeSync>;

namespace detail {
/// Of `count` slots from index `position`, those in front of the end of the array.
[[nodiscard]] constexpr std::uint32_t
contiguous(std::uint32_t count, std::uint32_t position, std::uint32_t capacity) noexcept {
    return count < capacity - position ? count : capacity - position;
}
/// A slot's value, read before anything is done with it: the compiler may not read it again later,
/// when a hostile peer has changed it.
template <class T>
[[nodiscard, gnu::always_inline]] inline T copy_once(const T& slot) noexcept {
    T copy = slot;
    local_fence();
    return copy;
}
template <class T>
[[gnu::always_inline]] inline void copy(const T* from, T* to, std::size_t count) noexcept {
    if constexpr (std::is_trivially_copyable_v<T>) {
        __builtin_memcpy(to, from, count * sizeof(T));
    } else {
        for (std::size_t i = 0; i < count; ++i)
            to[i] = from[i];
    }
}
/// Messages of which a copy is put beside the tail, if they are published one at a time.
template <class T, class Sync>
inline constexpr bool kCopied =
    arch::kCopyBesideTail && std::is_same_v<Sync, NativeSync> && std::is_trivially_copyable_v<T> &&
    sizeof(T) <= abi::kCopyWords * sizeof(std::uint64_t);
template <class T>
struct CopyWords {
    static constexpr std::size_t kCount = (sizeof(T) + 7) / 8;
    std::uint64_t words[kCount];
};
} // namespace detail

/// The producer's side. Not copied while in use: what it knows is in it, and nowhere else.
/// Context: one thread, or one interrupt handler; nothing blocks, nothing allocates.
template <class T, class Sync = NativeSync>
    requires Slot<T, Sync>
class SpscProducer {
public:
    SpscProducer() noexcept = default;
    /// Requires: as for RingProducer; `slots` has `capacity` elements.
    SpscProducer(ProducerWords<Sync>* mine,
                 const ConsumerWords<Sync>* theirs,
                 T* slots,
                 std::uint32_t capacity,
                 std::uint32_t first) noexcept :
        ring_{mine, theirs, capacity, first}, slots_{slots}, capacity_{capacity} {}

    /// Publishes one message; false if the ring is full, or the consumer was caught lying.
    /// Ordering: [R1].
    [[nodiscard]] bool push(const T& message) noexcept {
        if (ring_.free_slots() == 0)
            return false;
        slots_[ring_.slot()] = message;
        if constexpr (detail::kCopied<T, Sync>) {
            detail::CopyWords<T> copy{};
            __builtin_memcpy(&copy, &message, sizeof message);
            ring_.copy_beside(copy.words);
        }
        ring_.publish();
        return true;
    }
    /// Publishes as many of the messages as there is room for, in order, all at once; how many.
    /// Faster than filling large slots in place: they are copied with wide stores. Ordering: [R1].
    [[nodiscard]] std::size_t push_some(std::span<const T> messages) noexcept {
        std::uint32_t space = ring_.free_slots();
        if (space < messages.size()) // for all that was known: has the consumer gone on?
            space = capacity_ - ring_.unreleased();
        const auto count =
            messages.size() < space ? static_cast<std::uint32_t>(messages.size()) : space;
        if (count == 0) // storing the same index again would take the line from the consumer
            return 0;
        const std::uint32_t position = ring_.slot();
        const std::uint32_t first = detail::contiguous(count, position, capacity_);
        detail::copy(messages.data(), slots_ + position, first);
        detail::copy(messages.data() + first, slots_, count - first);
        ring_.publish(count);
        return count;
    }
    /// Free slots to fill in place, at most `most`: fewer at the end of the array, none if the ring
    /// is full.
    [[nodiscard]] std::span<T> reserve(std::uint32_t most) noexcept {
        const std::uint32_t space = ring_.free_slots();
        const std::uint32_t position = ring_.slot();
        return {slots_ + position,
                detail::contiguous(most < space ? most : space, position, capacity_)};
    }
    /// Publishes the first n slots of the last reserve(). Requires: n <= their number; they are
    /// filled. Ordering: [R1].
    void commit(std::size_t n) noexcept { ring_.publish(static_cast<std::uint32_t>(n)); }
    /// True if the consumer is to be woken for what was published since the last call. Once per
    /// batch, and before this thread waits for anything. Ordering: [F1].
    [[nodiscard]] bool flush() noexcept { return ring_.flush(); }
    /// True: the ring is full, and the consumer will say so when it gives slots back; sleep. False:
    /// there is space, or the consumer lied. Ordering: [F3].
    [[nodiscard]] bool prepare_wait() noexcept { return ring_.prepare_wait(); }
    /// The consumer wrote an impossible index: the ring is full for good.
    [[nodiscard]] bool faulted() const noexcept { return ring_.faulted(); }

private:
    RingProducer<Sync> ring_;
    T* slots_ = nullptr;
    std::uint32_t capacity_ = 0;
};

/// The consumer's side. Context: as for the producer.
template <class T, class Sync = NativeSync>
    requires Slot<T, Sync>
class SpscConsumer {
public:
    SpscConsumer() noexcept = default;
    /// Requires: as for RingConsumer; `slots` has `capacity` elements.
    SpscConsumer(ConsumerWords<Sync>* mine,
                 const ProducerWords<Sync>* theirs,
                 const T* slots,
                 std::uint32_t capacity,
                 std::uint32_t first) noexcept :
        ring_{mine, theirs, capacity, first}, slots_{slots}, capacity_{capacity} {}

    /// Copies one message out and gives its slot back; false if there is none, or the producer was
    /// caught lying. Untrusted: the slot is read once. Ordering: [A1], [R2].
    [[nodiscard]] bool pop(T& message) noexcept {
        const std::uint32_t count = ring_.available();
        if (count == 0)
            return false;
        if (count != 1 || !take_copy(message))
            message = detail::copy_once(slots_[ring_.slot()]);
        ring_.take();
        ring_.release();
        return true;
    }
    /// Copies out as many messages as there are, at most as many as fit, and gives their slots
    /// back; how many. Untrusted: each slot is read once. Ordering: [A1], [R2].
    [[nodiscard]] std::size_t pop_some(std::span<T> messages) noexcept {
        const std::uint32_t available = ring_.available();
        const auto count =
            messages.size() < available ? static_cast<std::uint32_t>(messages.size()) : available;
        if (count == 0)
            return 0;
        const std::uint32_t position = ring_.slot();
        const std::uint32_t first = detail::contiguous(count, position, capacity_);
        detail::copy(slots_ + position, messages.data(), first);
        detail::copy(slots_, messages.data() + first, count - first);
        local_fence();
        ring_.take(count);
        ring_.release();
        return count;
    }
    /// The oldest messages in place, at most `most`: fewer at the end of the array. They stay until
    /// release().
    /// Untrusted: a producer that lies can change them meanwhile; copy, then check. Ordering: [A1].
    [[nodiscard]] std::span<const T> peek(std::uint32_t most) noexcept {
        const std::uint32_t count = ring_.available();
        const std::uint32_t position = ring_.slot();
        return {slots_ + position,
                detail::contiguous(most < count ? most : count, position, capacity_)};
    }
    /// Gives the n oldest slots back. Requires: n <= the size of the last peek().
    /// Ordering: [R2].
    void release(std::size_t n) noexcept {
        ring_.take(static_cast<std::uint32_t>(n));
        ring_.release();
    }
    /// True if the producer waits for space and is to be woken. Once per batch of pop() or
    /// release(), if the producer ever sleeps. Ordering: [F4].
    [[nodiscard]] bool wake_producer() noexcept {
        const std::uint32_t before = woken_for_;
        woken_for_ = ring_.head();
        return before != woken_for_ && ring_.wake_producer(before);
    }
    /// True: nothing is there, and the producer will say so when something is; sleep. False: look
    /// again. Ordering: [F2].
    [[nodiscard]] bool prepare_wait() noexcept { return ring_.prepare_wait(); }
    /// The producer wrote an impossible index: nothing is there for good.
    [[nodiscard]] bool faulted() const noexcept { return ring_.faulted(); }

private:
    [[nodiscard, gnu::always_inline]] bool take_copy([[maybe_unused]] T& message) const noexcept {
        if constexpr (detail::kCopied<T, Sync>) {
            detail::CopyWords<T> copy;
            if (!ring_.take_copy(copy.words, copy.kCount))
                return false;
            __builtin_memcpy(&message, &copy, sizeof message);
            return true;
        }
        return false;
    }

    RingConsumer<Sync> ring_;
    const T* slots_ = nullptr;
    std::uint32_t capacity_ = 0;
    std::uint32_t woken_for_ = ring_.head();
};

/// The memory of one ring: no pointers in it, so each side may map it at an address of its own. The
/// parts are pages of their own: `header` and `consumer` read-only for the producer, `header` and
/// `producer` for the consumer, if the programme wants the hardware to enforce the roles.
template <class T, std::uint32_t kCapacity>
    requires Slot<T, NativeSync>
class SpscRing {
    static_assert(kCapacity != 0 && (kCapacity & (kCapacity - 1)) == 0, "a power of two");

public:
    static constexpr std::size_t kPage = 4096;
    static constexpr Layout kLayout{Shape::spsc, sizeof(T), kCapacity, 1};

    alignas(kPage) SharedHeader header;
    struct alignas(kPage) {
        ProducerWords<NativeSync> words;
        alignas(256) T slots[kCapacity];
    } producer;
    struct alignas(kPage) {
        ConsumerWords<NativeSync> words;
    } consumer;

    /// Requires: the memory is zeroed, or the ring's last user is gone; nobody uses it now. Indices
    /// begin near the wrap, so that every programme crosses it early.
    void initialise() noexcept {
        producer.words.tail.store(abi::kFirstIndex, Order::relaxed);
        producer.words.space_event.store(abi::kFirstIndex, Order::relaxed);
        consumer.words.head.store(abi::kFirstIndex, Order::relaxed);
        consumer.words.data_event.store(abi::kFirstIndex, Order::relaxed);
        header.complete(kLayout);
    }
    /// True if it was initialised, for this type and capacity. Ordering: [A20].
    [[nodiscard]] bool valid() const noexcept { return header.matches(kLayout); }
    /// Requires: valid(); called once in the life of the ring.
    [[nodiscard]] SpscProducer<T> make_producer() noexcept {
        return {&producer.words, &consumer.words, producer.slots, kCapacity, abi::kFirstIndex};
    }
    /// Requires: as for make_producer().
    [[nodiscard]] SpscConsumer<T> make_consumer() noexcept {
        return {&consumer.words, &producer.words, producer.slots, kCapacity, abi::kFirstIndex};
    }
};

} // namespace cw
