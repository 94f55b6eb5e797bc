// The waiting part of core/src/executor.cpp over model rings: arm every ring, one fence for what
// was armed and for what was published, look once more, then look at the peers' events, ring and
// sleep. Who was woken by one doorbell only looks at its ring only, if that has something.
#pragma once
#include "ring_pair.hpp"

namespace cw::model {

template <std::uint32_t kCapacity>
struct Channel {
    SharedRing<kCapacity> submissions;
    SharedRing<kCapacity> completions;

    void initialise() {
        submissions.initialise();
        completions.initialise();
    }
};

/// A ring end and whom to ring for what is published through it.
struct Outgoing {
    Producer producer;
    Doorbell* peer = nullptr;
    std::uint32_t tag = 0; ///< 1 + index of the peer's ring that it feeds.
    bool dirty = false;
};

/// Mutations of the way the executor uses the rings.
enum class Misuse : std::uint8_t {
    none,
    events_before_fence, ///< Looks at the peers' events, then fences.
    arm_after_fence,     ///< Fences, then arms.
    forgets_second_look, ///< Sleeps without looking at the rings again.
    forgets_one_ring,    ///< Does not arm the first ring.
    no_flush,            ///< Sleeps on what it has published.
    takes_any_for_rung,  ///< Woken by one doorbell, takes the ring that had something last for it.
};

template <std::size_t kIncoming, std::size_t kOutgoing, Misuse kMisuse = Misuse::none>
struct ExecutorModel {
    std::array<Consumer, kIncoming> incoming;
    std::array<Outgoing, kOutgoing> outgoing;
    Doorbell* doorbell = nullptr;

    /// True if this ring is to be looked at in this round.
    bool looks_at(std::size_t ring) const { return only_ == 0 || only_ == ring + 1; }
    /// What a ring had when it was looked at.
    void had(std::size_t ring, std::uint32_t count) {
        if (count != 0)
            hot_ = ring;
    }

    /// prepare_wait() of executor.cpp.
    bool prepare_wait() {
        if constexpr (kMisuse == Misuse::events_before_fence)
            last_doorbell_ = flush_after_fence();
        if constexpr (kMisuse != Misuse::arm_after_fence)
            arm();
        fence_at(Site::F12, Order::seq_cst);
        if constexpr (kMisuse == Misuse::arm_after_fence)
            arm();
        if constexpr (kMisuse == Misuse::forgets_second_look)
            return true;
        for (std::size_t i = 0; i < kIncoming; ++i) {
            if (looks_at(i) && incoming[i].pending())
                return false;
        }
        return true;
    }
    /// The end of executor_run()'s loop: sleeps if there is nothing to do.
    void rest() {
        if (!prepare_wait()) {
            only_ = 0;
            return;
        }
        if constexpr (kMisuse != Misuse::events_before_fence && kMisuse != Misuse::no_flush)
            last_doorbell_ = flush_after_fence();
        if (last_doorbell_ != nullptr)
            last_doorbell_->peer->ring(last_doorbell_->tag);
        last_doorbell_ = nullptr;
        only_ = doorbell->wait();
        if constexpr (kMisuse == Misuse::takes_any_for_rung)
            only_ = only_ == 0 ? 0 : hot_ + 1;
        if (only_ != 0 && (only_ != hot_ + 1 || !incoming[hot_].pending()))
            only_ = 0;
    }
    /// What a party does before it leaves the model: nobody is to wait for what it published.
    void leave() {
        fence_at(Site::F12, Order::seq_cst);
        if (Outgoing* last = flush_after_fence())
            last->peer->ring(last->tag);
    }

private:
    void arm() {
        for (std::size_t i = kMisuse == Misuse::forgets_one_ring ? 1 : 0; i < kIncoming; ++i) {
            if (looks_at(i))
                incoming[i].arm();
        }
    }
    /// Rings everybody but the last, which is returned for wait() to ring.
    Outgoing* flush_after_fence() {
        Outgoing* last = nullptr;
        for (Outgoing& out : outgoing) {
            if (!out.dirty)
                continue;
            out.dirty = false;
            if (!out.producer.flush_after_fence())
                continue;
            if (last != nullptr)
                last->peer->ring(last->tag);
            last = &out;
        }
        return last;
    }

    Outgoing* last_doorbell_ = nullptr;
    std::size_t only_ = 0; ///< 1 + the only ring that can have something, or 0.
    std::size_t hot_ = 0;  ///< The ring that had something last.
};

} // namespace cw::model
