// The waiting part of core/src/executor.cpp over model rings: arm every ring, one fence for what
// was armed and for what was published, look once more, then look at the peers' events, ring and
// sleep.
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
};

template <std::size_t kIncoming, std::size_t kOutgoing, Misuse kMisuse = Misuse::none>
struct ExecutorModel {
    std::array<Consumer, kIncoming> incoming;
    std::array<Outgoing, kOutgoing> outgoing;
    Doorbell* doorbell = nullptr;

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
        return std::ranges::none_of(incoming,
                                    [](const Consumer& consumer) { return consumer.pending(); });
    }
    /// The end of executor_run()'s loop: sleeps if there is nothing to do.
    void rest() {
        if (!prepare_wait())
            return;
        if constexpr (kMisuse != Misuse::events_before_fence && kMisuse != Misuse::no_flush)
            last_doorbell_ = flush_after_fence();
        if (last_doorbell_ != nullptr)
            last_doorbell_->ring();
        last_doorbell_ = nullptr;
        doorbell->wait();
    }
    /// What a party does before it leaves the model: nobody is to wait for what it published.
    void leave() {
        fence_at(Site::F12, Order::seq_cst);
        if (Doorbell* last = flush_after_fence())
            last->ring();
    }

private:
    void arm() {
        for (std::size_t i = kMisuse == Misuse::forgets_one_ring ? 1 : 0; i < kIncoming; ++i)
            incoming[i].arm();
    }
    /// Rings everybody but the last, which is returned for wait() to ring.
    Doorbell* flush_after_fence() {
        Doorbell* last = nullptr;
        for (Outgoing& out : outgoing) {
            if (!out.dirty)
                continue;
            out.dirty = false;
            if (!out.producer.flush_after_fence())
                continue;
            if (last != nullptr)
                last->ring();
            last = out.peer;
        }
        return last;
    }

    Doorbell* last_doorbell_ = nullptr;
};

} // namespace cw::model
