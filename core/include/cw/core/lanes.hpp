// Many producers, one consumer: a ring for each producer, and one word on which the consumer
// sleeps.
//
// Each lane is a ring of ring.hpp: a producer that stops, dies or lies harms its own lane only.
// Order is kept within a lane, not among lanes. One word, `epoch`, says whether the consumer sleeps
// (odd); the producer that makes it even is the only one to wake it. A bitmap says which lanes are
// worth a look. `Sync` is NativeSync, or a model checker's. docs/core.md has the argument.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/ring.hpp>
#include <cw/core/spsc.hpp>
#include <span>

namespace cw {

/// Words that only a lane's producer writes; after its death, whoever cleans up behind it.
template <class Sync>
struct LaneWords {
    ProducerWords<Sync> ring;
    alignas(128) typename Sync::template Word<std::uint32_t> closed; ///< Not 0: no more will come.
                                                                     ///< [R21] release in close(),
                                                                     ///< [A21] acquire in next().
};

/// Words that all producers and the consumer write. Who spoils them costs others latency, up to a
/// wake-up that does not come; it cannot touch messages. Programmes whose producers distrust each
/// other that much give the consumer's sleep a deadline, or use an event index for each ring.
template <class Sync>
struct LanesBell {
    typename Sync::template Word<std::uint64_t> ready; ///< Bit i: lane i is worth a look. A hint.
    alignas(128) typename Sync::template Word<std::uint32_t> epoch; ///< Odd: the consumer sleeps.
                                                                    ///< The consumer makes it odd;
                                                                    ///< who makes it even, wakes.
};

/// The producer's private side of one lane. Context: one thread, or one interrupt handler; nothing
/// blocks, nothing allocates.
template <class T, class Sync = NativeSync>
    requires Slot<T, Sync>
class LaneProducer {
public:
    LaneProducer() noexcept = default;
    /// Requires: as for RingProducer; lane < 64; `slots` has `capacity` elements.
    LaneProducer(LaneWords<Sync>* mine,
                 const ConsumerWords<Sync>* theirs,
                 LanesBell<Sync>* bell,
                 T* slots,
                 std::uint32_t lane,
                 std::uint32_t capacity,
                 std::uint32_t first) noexcept :
        ring_{&mine->ring, theirs, capacity, first},
        words_{mine},
        bell_{bell},
        slots_{slots},
        bit_{std::uint64_t{1} << lane},
        capacity_{capacity} {}

    /// Publishes one message; false if the lane is full, or the consumer was caught lying. Wakes
    /// nobody: flush() says whether to. Ordering: [R1].
    [[nodiscard]] bool push(const T& message) noexcept {
        if (ring_.free_slots() == 0)
            return false;
        slots_[ring_.slot()] = message;
        ring_.publish();
        return true;
    }
    /// Free slots to fill in place, at most `most`: fewer at the end of the array, none if the lane
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
    /// True if the consumer sleeps and this call is the one to end that: wake it, now or soon. Of
    /// all producers one gets true for each sleep, and nobody else wakes until it has: who stops
    /// here delays the consumer. Once per batch, and before this thread waits for anything.
    /// Ordering: [F21] full fence between the store of tail (or `closed`) and the loads of `ready`
    /// and `epoch`, pairs with [F22] in prepare_wait(). With anything weaker both sides can miss
    /// each other: a lost wake-up, or a lane that is not looked at.
    [[nodiscard]] bool flush() noexcept {
        Sync::fence(Order::seq_cst); // [F21]
        // The consumer clears the bits only before it sleeps: seldom, while it is busy.
        if ((bell_->ready.load(Order::relaxed) & bit_) == 0)
            bell_->ready.fetch_or(bit_, Order::relaxed);
        std::uint32_t epoch = bell_->epoch.load(Order::relaxed);
        if (epoch % 2 == 0)
            return false;
        // Epochs are not used again, so that a late claim fails. Relaxed: what the consumer is to
        // see was ordered above; the claim only picks one of several wakers.
        return bell_->epoch.compare_exchange(epoch, epoch + 1, Order::relaxed, Order::relaxed);
    }
    /// True: the lane is full, and the consumer will say so when it gives slots back; sleep. False:
    /// there is space, or the consumer lied. Ordering: [F3].
    [[nodiscard]] bool prepare_wait() noexcept { return ring_.prepare_wait(); }
    /// Says that no more will come; true as flush().
    /// Ordering: [R21] release, pairs with [A21] in next(): who sees it sees the last message.
    [[nodiscard]] bool close() noexcept {
        words_->closed.store(1, Order::release); // [R21]
        return flush();
    }
    /// The same for whoever cleans up behind a dead producer and has its page, through a
    /// LaneProducer of its own: it stores no index. Wake the consumer then, in any case: the dead
    /// one may have claimed the wake, and everybody else relies on it.
    /// Requires: the producer's stores are seen here; a kernel that tells of a death sees to that.
    /// Ordering: as for close().
    void close_behind_dead() noexcept { static_cast<void>(close()); }
    /// The consumer wrote an impossible index: the lane is full for good.
    [[nodiscard]] bool faulted() const noexcept { return ring_.faulted(); }

private:
    RingProducer<Sync> ring_;
    LaneWords<Sync>* words_ = nullptr;
    LanesBell<Sync>* bell_ = nullptr;
    T* slots_ = nullptr;
    std::uint64_t bit_ = 0;
    std::uint32_t capacity_ = 0;
};

/// Messages of one lane, in place.
template <class T>
struct LaneBatch {
    std::span<const T> messages; ///< Empty: there was nothing anywhere.
    std::uint32_t lane = 0;
};

/// The consumer's private side of up to 64 lanes. Context: one thread; nothing blocks, nothing
/// allocates.
template <class T, std::uint32_t kLanes, class Sync = NativeSync>
    requires Slot<T, Sync>
class LanesConsumer {
    static_assert(kLanes >= 1 && kLanes <= 64, "one word of bits");

public:
    LanesConsumer() noexcept = default;
    /// Requires: `bell` is zeroed, or no consumer uses it any more.
    explicit LanesConsumer(LanesBell<Sync>* bell) noexcept :
        bell_{bell}, epoch_{(bell->epoch.load(Order::relaxed) + 1) & ~1u} {}

    /// Adds a lane, also while others are in use, or anew a lane that has ended.
    /// Requires: as for RingConsumer; lane < kLanes; `slots` has `capacity` elements.
    void attach(std::uint32_t lane,
                ConsumerWords<Sync>* mine,
                const LaneWords<Sync>* theirs,
                const T* slots,
                std::uint32_t capacity,
                std::uint32_t first) noexcept {
        lanes_[lane] = {{mine, &theirs->ring, capacity, first}, theirs, slots, capacity};
        open_ |= bit(lane);
        in_service_ |= bit(lane);
    }

    /// The oldest messages of the next lane that has any, at most `budget`, fewer at the end of its
    /// array; lanes take turns. They stay until done(). Work is bounded by the lanes in service:
    /// those that were found ready since the last prepare_wait().
    /// Untrusted: tail is loaded once and checked; an impossible one closes the lane, and so does
    /// its producer: see open() and faulted(). Messages may change under a producer that lies:
    /// copy, then check. Ordering: [A1]. [A21] acquire, pairs with [R21].
    [[nodiscard]] LaneBatch<T> next(std::uint32_t budget = ~0u) noexcept {
        in_service_ |= bell_->ready.load(Order::relaxed) & open_;
        const std::uint64_t later = in_service_ & ~std::uint64_t{0} << turn_;
        for (std::uint64_t part : {later, in_service_ & ~later}) {
            for (; part != 0; part &= part - 1) {
                const auto lane = static_cast<std::uint32_t>(__builtin_ctzll(part));
                const std::uint32_t count = available(lane);
                if (count == 0)
                    continue;
                turn_ = (lane + 1) % 64;
                const Lane& its = lanes_[lane];
                const std::uint32_t position = its.ring.slot();
                return {
                    {its.slots + position,
                     detail::contiguous(count < budget ? count : budget, position, its.capacity)},
                    lane};
            }
        }
        return {};
    }
    /// Gives the first n messages of a batch of next() back; the next one need not wait for it.
    /// Requires: n <= their number, in order for each lane. Ordering: [R2].
    void done(const LaneBatch<T>& batch, std::size_t n) noexcept {
        lanes_[batch.lane].ring.take(static_cast<std::uint32_t>(n));
        lanes_[batch.lane].ring.release();
    }
    void done(const LaneBatch<T>& batch) noexcept { done(batch, batch.messages.size()); }
    /// True if the lane's producer waits for space and is to be woken. Once per batch or more
    /// seldom, if producers ever sleep. Ordering: [F4].
    [[nodiscard]] bool wake_producer(std::uint32_t lane) noexcept {
        Lane& its = lanes_[lane];
        const std::uint32_t before = its.woken_for;
        its.woken_for = its.ring.head();
        return before != its.woken_for && its.ring.wake_producer(before);
    }

    /// Announces that the consumer is about to sleep. True: nothing is there, and the first that
    /// comes will have its producer wake this thread; sleep until then or until a deadline, and
    /// call awake(). False: look again. Looks at every open lane: the bitmap is cleared, and what
    /// was published is seen here or has its bit set anew.
    /// Ordering: [F22] full fence between the stores of `epoch` and `ready` and the loads of all
    /// tails, pairs with [F21] in flush().
    [[nodiscard]] bool prepare_wait() noexcept {
        bell_->ready.store(0, Order::relaxed);
        bell_->epoch.store(sleeping(), Order::relaxed);
        Sync::fence(Order::seq_cst); // [F22]
        in_service_ = 0;
        for (std::uint64_t left = open_; left != 0; left &= left - 1) {
            const auto lane = static_cast<std::uint32_t>(__builtin_ctzll(left));
            if (lanes_[lane].ring.pending() || lanes_[lane].words->closed.load(Order::relaxed) != 0)
                in_service_ |= bit(lane);
        }
        if (in_service_ == 0)
            return true;
        awake();
        return false;
    }
    /// To be called after each sleep, whatever ended it. Who claims the wake at the same time rings
    /// for nothing, which the next sleep must bear.
    void awake() noexcept {
        std::uint32_t asleep = sleeping();
        if (bell_->epoch.load(Order::relaxed) == asleep)
            bell_->epoch.compare_exchange(asleep, asleep + 1, Order::relaxed, Order::relaxed);
        epoch_ += 2;
    }
    /// The value of LanesBell::epoch while this consumer sleeps: for a wait that compares before it
    /// sleeps, like a futex. Any other value means: woken.
    [[nodiscard]] std::uint32_t sleeping() const noexcept { return epoch_ + 1; }

    /// Bit i: lane i is attached, and neither closed and drained nor caught lying.
    [[nodiscard]] std::uint64_t open() const noexcept { return open_; }
    /// The lane's producer wrote an impossible index; nothing more comes from it.
    [[nodiscard]] bool faulted(std::uint32_t lane) const noexcept {
        return lanes_[lane].ring.faulted();
    }

private:
    struct Lane {
        RingConsumer<Sync> ring;
        const LaneWords<Sync>* words = nullptr;
        const T* slots = nullptr;
        std::uint32_t capacity = 0;
        std::uint32_t woken_for = ring.head();
    };

    static constexpr std::uint64_t bit(std::uint32_t lane) noexcept {
        return std::uint64_t{1} << lane;
    }
    /// Messages that may be taken; a lane that will have no more is taken out of service.
    [[nodiscard]] std::uint32_t available(std::uint32_t lane) noexcept {
        Lane& its = lanes_[lane];
        std::uint32_t count = its.ring.available();
        if (count != 0) [[likely]]
            return count;
        // Once more behind [A21]: the last message may have come with the end.
        const bool closed = its.words->closed.load(Order::acquire) != 0; // [A21]
        if (closed)
            count = its.ring.available();
        if (count == 0 && (closed || its.ring.faulted())) {
            open_ &= ~bit(lane);
            in_service_ &= ~bit(lane);
        }
        return count;
    }

    LanesBell<Sync>* bell_ = nullptr;
    std::uint64_t open_ = 0;
    std::uint64_t in_service_ = 0; ///< Lanes that next() looks at.
    std::uint32_t turn_ = 0;       ///< Where next() begins.
    std::uint32_t epoch_ = 0;      ///< Even; what `epoch` is while this consumer is awake.
    Lane lanes_[kLanes];
};

/// The memory of kLanes lanes, each with pages of its own: no pointers in it, so each side may map
/// it at an address of its own. A producer needs to write `bell` and its lane's `producer`, and to
/// read its lane's `consumer`; the consumer writes `bell` and every `consumer`.
template <class T, std::uint32_t kLanes, std::uint32_t kCapacity>
    requires Slot<T, NativeSync>
class Lanes {
    static_assert(kCapacity != 0 && (kCapacity & (kCapacity - 1)) == 0, "a power of two");

public:
    static constexpr std::size_t kPage = 4096;
    static constexpr Layout kLayout{Shape::lanes, sizeof(T), kCapacity, kLanes};

    alignas(kPage) SharedHeader header;
    struct alignas(kPage) {
        LanesBell<NativeSync> words;
    } bell;
    struct alignas(kPage) {
        ConsumerWords<NativeSync> words;
    } consumers[kLanes];
    struct alignas(kPage) {
        LaneWords<NativeSync> words;
        alignas(256) T slots[kCapacity];
    } producers[kLanes];

    /// Requires: as for SpscRing::initialise().
    void initialise() noexcept {
        bell.words.ready.store(0, Order::relaxed);
        bell.words.epoch.store(0, Order::relaxed);
        for (std::uint32_t lane = 0; lane < kLanes; ++lane)
            initialise(lane);
        header.complete(kLayout);
    }
    /// Makes a lane as new, for another producer. Requires: neither side uses it.
    void initialise(std::uint32_t lane) noexcept {
        producers[lane].words.ring.tail.store(abi::kFirstIndex, Order::relaxed);
        producers[lane].words.ring.space_event.store(abi::kFirstIndex, Order::relaxed);
        producers[lane].words.closed.store(0, Order::relaxed);
        consumers[lane].words.head.store(abi::kFirstIndex, Order::relaxed);
        consumers[lane].words.data_event.store(abi::kFirstIndex, Order::relaxed); // not used
    }
    /// True if it was initialised, for this type and these numbers. Ordering: [A20].
    [[nodiscard]] bool valid() const noexcept { return header.matches(kLayout); }
    /// Requires: valid(); called once in the life of a lane.
    [[nodiscard]] LaneProducer<T> make_producer(std::uint32_t lane) noexcept {
        return {&producers[lane].words,
                &consumers[lane].words,
                &bell.words,
                producers[lane].slots,
                lane,
                kCapacity,
                abi::kFirstIndex};
    }
    /// With all lanes attached. Requires: valid(); called once.
    [[nodiscard]] LanesConsumer<T, kLanes> make_consumer() noexcept {
        LanesConsumer<T, kLanes> consumer{&bell.words};
        for (std::uint32_t lane = 0; lane < kLanes; ++lane)
            attach(consumer, lane);
        return consumer;
    }
    void attach(LanesConsumer<T, kLanes>& consumer, std::uint32_t lane) noexcept {
        consumer.attach(lane,
                        &consumers[lane].words,
                        &producers[lane].words,
                        producers[lane].slots,
                        kCapacity,
                        abi::kFirstIndex);
    }
};

} // namespace cw
