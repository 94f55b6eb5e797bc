// The gate of a module, and the mailbox of requests that found it closed.
//
// At most one thread runs in a module (guarantee 3). Who finds it busy, or finds older requests
// waiting (guarantee 2), leaves a request in the mailbox; the module's home executor runs those.
// This file is the protocol; `Sync` is NativeSync, or a model checker's.
#pragma once
#include <cstdint>
#include <cw/core/atomic.hpp>

namespace cw {

/// What a caller found at the gate.
enum class Entry : std::uint8_t {
    inside, ///< It is in, and nobody waits: it may run the handler.
    queue,  ///< Somebody else is inside: it leaves a request.
    behind, ///< It is in, but older requests wait: it leaves a request, then the gate.
};

/// Functions over two words of the module's state. `Item` has a member `Item* next`.
template <class Sync, class Item>
struct Gate {
    using Word = typename Sync::template Word<std::uint64_t>;
    using Mailbox = typename Sync::template Word<Item*>;

    // In bytes of their own: in a domain of one thread the executor stores and loads just those.
    static constexpr std::uint64_t kHeld = 1; ///< Somebody is inside.
    static constexpr std::uint64_t kQueued =
        1u << 8; ///< The mailbox may hold requests, or the home executor wants in.
    static constexpr std::uint64_t kStopped = 1u << 16; ///< Nobody gets in any more; never cleared.

    /// For direct callers.
    /// Ordering: [A3] acquire, pairs with [R3] in leave(): who enters sees what the one before did.
    [[gnu::always_inline]] static Entry enter(Word& gate) noexcept {
        const std::uint64_t before = gate.fetch_or(kHeld, Order::acquire); // [A3]
        if (before == 0) [[likely]]
            return Entry::inside;
        return (before & kHeld) != 0 ? Entry::queue : Entry::behind;
    }
    /// True: somebody queued meanwhile, and the home executor is to be rung; if it is the home
    /// executor that leaves, it is to look at the mailbox before it sleeps.
    [[gnu::always_inline]] [[nodiscard]] static bool leave(Word& gate) noexcept {
        return gate.fetch_and(~kHeld, Order::release) != kHeld; // [R3]
    }
    // The same where only one thread ever comes, so that nothing can happen in between: no atomic
    // operation, which some processors take tens of instructions' time for.
    [[gnu::always_inline]] static Entry enter_alone(Word& gate) noexcept {
        const std::uint64_t before = gate.load(Order::relaxed);
        if (before == 0) [[likely]] {
            gate.store(kHeld, Order::relaxed);
            return Entry::inside;
        }
        gate.store(before | kHeld, Order::relaxed);
        return (before & kHeld) != 0 ? Entry::queue : Entry::behind;
    }
    [[gnu::always_inline]] [[nodiscard]] static bool leave_alone(Word& gate) noexcept {
        const std::uint64_t rest = gate.load(Order::relaxed) & ~kHeld;
        gate.store(rest, Order::relaxed);
        return rest != 0;
    }

    /// Leaves a request behind those before it. True: nobody is inside who would see it on leaving,
    /// so the home executor is to be rung. Ordering: [R4] release, pairs with [A4]: who runs the
    /// request sees it whole. [R9] release, pairs with [A9]: who sees the bit sees the request.
    [[nodiscard]] static bool enqueue(Word& gate, Mailbox& mailbox, Item& item) noexcept {
        Item* head = mailbox.load(Order::relaxed);
        do {
            item.next = head;
        } while (!mailbox.compare_exchange(head, &item, Order::release, Order::relaxed)); // [R4]
        return (gate.fetch_or(kQueued, Order::release) & kHeld) == 0; // [R9]
    }

    /// Closes the gate for good, whoever is inside: a direct caller finds it as if older requests
    /// waited, the home executor as if somebody were inside. What is in the mailbox is whoever's
    /// drains it: the stopper's, who drains after this, or that of a caller who sees stopped()
    /// after its enqueue(). Of each request one of them sees the other: both change the gate.
    /// Ordering: [A9] acquire, pairs with [R9] in enqueue(): requests that came before are seen.
    /// [R12] release, pairs with [A12] in stopped(): who sees it stopped sees why.
    static void stop(Word& gate) noexcept {
        gate.fetch_or(kStopped, Order::acq_rel); // [A9], [R12]
    }
    [[nodiscard]] static bool stopped(const Word& gate) noexcept {
        return (gate.load(Order::acquire) & kStopped) != 0; // [A12]
    }

    // For the home executor.

    /// True: it is inside, whether requests wait or not. False: the holder sees kQueued when it
    /// leaves, and rings; or the module was stopped.
    [[nodiscard]] static bool enter_home(Word& gate) noexcept {
        if ((gate.fetch_or(kHeld, Order::acquire) & (kHeld | kStopped)) == 0) // [A3]
            return true;
        return (gate.fetch_or(kQueued | kHeld, Order::acquire) & (kHeld | kStopped)) ==
               0; // unless the holder left in between
    }
    [[nodiscard]] static bool queued(const Word& gate) noexcept {
        return (gate.load(Order::relaxed) & kQueued) != 0;
    }
    /// The requests that wait, oldest first. Requires: inside.
    /// Ordering: [A9] acquire, pairs with [R9] in enqueue(): who clears the bit sees the request
    /// that set it. Who queues later sets it again.
    [[nodiscard]] static Item* drain(Word& gate, Mailbox& mailbox) noexcept {
        gate.fetch_and(~kQueued, Order::acquire);                       // [A9]
        return oldest_first(mailbox.exchange(nullptr, Order::acquire)); // [A4]
    }
    [[nodiscard]] static Item* oldest_first(Item* newest) noexcept {
        Item* oldest = nullptr;
        while (newest != nullptr) {
            Item* next = newest->next;
            newest->next = oldest;
            oldest = newest;
            newest = next;
        }
        return oldest;
    }
};

} // namespace cw
