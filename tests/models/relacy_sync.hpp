// `Sync` for core's lock-free templates on top of the relacy model checker.
//
// Every word has a name. The name and the operation give the place in the protocol (R1, A1, F1,
// ...: the labels in ring.hpp and gate.hpp), and at one place the order can be weakened: that is a
// planted mutation of the very template that ships.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>
// After the standard headers: it replaces some of their names by macros.
#include <relacy/relacy.hpp>
#undef $
#undef assert
#undef calloc
#undef delete
#undef errno
#undef free
#undef malloc
#undef new
#undef realloc

#include <cw/core/atomic.hpp>

namespace cw::model {

/// Places where the protocol names an order.
enum class Site : std::uint8_t {
    none,
    R1,
    A1,
    R2,
    A2,
    R3,
    A3,
    R4,
    A4,
    R9,
    A9,
    F1,
    F2,
    F3,
    F4,
    F6,
    F7,
    F12,
    R21, // lanes.hpp
    A21,
    F21,
    F22,
    R31, // trace_ring.hpp
    A31,
    R32,
    A32,
    F31,
    F32,
    F33,
    F34,
    R41, // latch.hpp
    A41,
    F41,
    F42,
    R51, // oneshot.hpp
    A51,
    R52,
    A52,
    R61, // variables/version.hpp
    A61,
    F61,
    F62,
    R64,
    A64,
    R91, // heap/blocks.hpp, heap/chunks.hpp
    A91,
    R92,
    R93,
    A93,
    R94, // registers.hpp
    A94,
    R71, // cells/cell.hpp, cells/move.hpp
    A71,
    R72,
    A72,
    R73,
    A73,
    R74,
    A74,
    R76,
    F71,
    F72,
    R81, // trace.hpp
    A81,
};

/// What a word is in the protocol.
enum class Name : std::uint8_t {
    other,
    tail,
    space_event,
    head,
    data_event,
    gate,
    mailbox,
    closed,  ///< Of a lane.
    end,     ///< Of a trace ring.
    taken,   ///< Of a reader of a trace ring.
    current, ///< Of a latch.
    state,   ///< Of a one-shot.
    version, ///< Of a directory entry.
    place,   ///< Of a link.
    block,   ///< Of a shared heap: bits of blocks.
    chunk,   ///< Of a shared heap: what a chunk is.
    lock,    ///< Of a block of registers.
    address, ///< Of a control cell: where its line is,
    value,   ///< what its holder stores,
    epoch,   ///< since when,
    echo,    ///< what its owner goes by,
    echoed,  ///< and the epoch of that.
    over,    ///< Of a trace ring whose writer goes on elsewhere.
    plain,   ///< Nobody may write it while another reads it: relacy watches it for races.
};

/// The mutation of the current run: `order` is used at `site` instead of what the code says. A
/// fence weakened to relaxed is no fence.
struct Weakening {
    Site site = Site::none;
    Order order = Order::seq_cst;
};
inline Weakening weakening{};

inline Order order_at(Site site, Order order) noexcept {
    return site != Site::none && site == weakening.site ? weakening.order : order;
}

inline constexpr std::size_t kMaxThreads = 4;
/// Which of the template's fences each thread executes next; set by the model just before the call.
inline std::array<Site, kMaxThreads> next_fence{};

constexpr rl::memory_order relacy_order(Order order) noexcept {
    switch (order) {
    case Order::relaxed:
        return rl::mo_relaxed;
    case Order::acquire:
        return rl::mo_acquire;
    case Order::release:
        return rl::mo_release;
    case Order::acq_rel:
        return rl::mo_acq_rel;
    case Order::seq_cst:
        break;
    }
    return rl::mo_seq_cst;
}

/// A word of the template, as relacy's atomic: each load may give any value that C++ allows.
template <class T>
class Word {
public:
    Name name = Name::other;

    void initialise(Name as, T value) {
        name = as;
        if (name == Name::plain)
            plain_(RL_INFO) = value;
        word_.store(value, rl::mo_relaxed, RL_INFO);
    }
    [[nodiscard]] T load(Order order) const {
        if (name == Name::plain)
            return plain_(RL_INFO);
        const Site site = order == Order::relaxed ? Site::none : site_of_load();
        return word_.load(relacy_order(order_at(site, order)), RL_INFO);
    }
    void store(T value, Order order) {
        if (name == Name::plain) {
            plain_(RL_INFO) = value;
            return;
        }
        const Site site = order == Order::relaxed ? Site::none : site_of_store();
        word_.store(value, relacy_order(order_at(site, order)), RL_INFO);
    }
    T exchange(T value, Order order) {
        const Site site = name == Name::mailbox ? Site::A4
                          : name == Name::state ? Site::R51
                          : name == Name::lock  ? Site::A94
                                                : Site::none;
        const Site other = name == Name::state ? Site::A52 : Site::none;
        const Order used = order_at(other, order_at(site, order));
        return word_.exchange(value, relacy_order(used), RL_INFO);
    }
    bool compare_exchange(T& expected, T desired, Order success, Order failure) {
        const Site site = name == Name::mailbox                              ? Site::R4
                          : name == Name::state                              ? Site::R52
                          : name == Name::block                              ? Site::R91
                          : name == Name::chunk && success == Order::acquire ? Site::A93
                                                                             : Site::none;
        const Site failed = name == Name::state ? Site::A51 : Site::none;
        return word_.compare_exchange(rl::bool_t<false>{},
                                      expected,
                                      desired,
                                      relacy_order(order_at(site, success)),
                                      relacy_order(order_at(failed, failure)),
                                      RL_INFO);
    }
    T fetch_add(T value, Order order) {
        return word_.fetch_add(value, relacy_order(order), RL_INFO);
    }
    T fetch_or(T value, Order order) {
        const Site site = name != Name::gate        ? Site::none
                          : order == Order::acquire ? Site::A3
                                                    : Site::R9;
        return word_.fetch_or(value, relacy_order(order_at(site, order)), RL_INFO);
    }
    T fetch_and(T value, Order order) {
        const Site site = name != Name::gate        ? Site::none
                          : order == Order::release ? Site::R3
                                                    : Site::A9;
        return word_.fetch_and(value, relacy_order(order_at(site, order)), RL_INFO);
    }

private:
    [[nodiscard]] Site site_of_load() const {
        switch (name) {
        case Name::tail:
            return Site::A1;
        case Name::head:
            return Site::A2;
        case Name::closed:
            return Site::A21;
        case Name::end:
            return Site::A31;
        case Name::taken:
            return Site::A32;
        case Name::current:
            return Site::A41;
        case Name::state:
            return Site::A51;
        case Name::version:
            return Site::A61;
        case Name::place:
            return Site::A64;
        case Name::block:
            return Site::A91;
        case Name::address:
            return Site::A71;
        case Name::value:
            return Site::A72;
        case Name::echoed:
            return Site::A73;
        case Name::epoch:
            return Site::A74;
        case Name::over:
            return Site::A81;
        default:
            return Site::none;
        }
    }
    [[nodiscard]] Site site_of_store() const {
        switch (name) {
        case Name::tail:
            return Site::R1;
        case Name::head:
            return Site::R2;
        case Name::closed:
            return Site::R21;
        case Name::end:
            return Site::R31;
        case Name::taken:
            return Site::R32;
        case Name::current:
            return Site::R41;
        case Name::version:
            return Site::R61;
        case Name::place:
            return Site::R64;
        case Name::block:
            return Site::R92;
        case Name::chunk:
            return Site::R93;
        case Name::lock:
            return Site::R94;
        case Name::address:
            return Site::R71;
        case Name::value:
            return Site::R72;
        case Name::echoed:
            return Site::R73;
        case Name::epoch:
            return Site::R74;
        case Name::echo:
            return Site::R76;
        case Name::over:
            return Site::R81;
        default:
            return Site::none;
        }
    }

    rl::atomic<T> word_;
    mutable rl::var<T> plain_; ///< Instead, if the name says so.
};

/// A fence whose place is known to the model, like the one that an executor shares among its rings.
inline void fence_at(Site site, Order order) {
    const Order used = order_at(site, order);
    if (used != Order::relaxed)
        rl::atomic_thread_fence(relacy_order(used), RL_INFO);
}

struct RelacySync {
    template <class T>
    using Word = model::Word<T>;
    static void fence(Order order) { fence_at(next_fence[rl::thread_index()], order); }
};

/// The kernel's wake and wait: ringing marks the thread with an acquire and release operation,
/// waiting returns at once if it is marked.
class Doorbell {
public:
    static constexpr std::uint32_t kMany = ~0u;

    void initialise() {
        rung_.store(0, rl::mo_relaxed, RL_INFO);
        event_.init(false, false, RL_INFO);
    }
    void finish() { event_.deinit(RL_INFO); }
    /// `tag`: which ring it is rung for; not 0.
    void ring(std::uint32_t tag = kMany) {
        std::uint32_t before = rung_.load(rl::mo_relaxed, RL_INFO);
        while (!rung_.compare_exchange_weak(
            before, before == 0 ? tag : kMany, rl::mo_acq_rel, RL_INFO, rl::mo_relaxed, RL_INFO)) {
        }
        event_.set(RL_INFO);
    }
    /// What the kernel must not do: wakes who sleeps now, and nobody later.
    void pulse() {
        rung_.exchange(1, rl::mo_acq_rel, RL_INFO);
        event_.pulse(RL_INFO);
    }
    /// The tag of the only ring since it last returned; 0 if there were more.
    std::uint32_t wait() {
        event_.wait(false, false, RL_INFO);
        const std::uint32_t rung = rung_.exchange(0, rl::mo_acq_rel, RL_INFO);
        return rung == kMany ? 0 : rung;
    }

private:
    rl::atomic<std::uint32_t> rung_;
    rl::generic_event event_;
};

} // namespace cw::model
