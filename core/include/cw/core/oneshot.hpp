// One value that one side sets, once, and the other takes: by asking, by sleeping, or by awaiting
// it in a coroutine. Within a process; no module runtime, no frame and no memory of its own.
//
// An answer that may be an error is a T that can be one. `Sync` is NativeSync, or a model
// checker's.
#pragma once
#include <coroutine>
#include <cstdint>
#include <cw/core/atomic.hpp>
#include <memory>
#include <utility>

namespace cw {

template <class T, class Sync = NativeSync>
class OneShot {
public:
    using Word = typename Sync::template Word<std::uint32_t>;
    // States, in the order in which they are passed through; kAwaited may be left out.
    static constexpr std::uint32_t kEmpty = 0, kAwaited = 1, kSet = 2;

    OneShot() noexcept {}
    OneShot(const OneShot&) = delete;
    OneShot& operator=(const OneShot&) = delete;
    /// Requires: both sides are done with it.
    ~OneShot() {
        if (state_.load(Order::relaxed) == kSet)
            std::destroy_at(&value_);
    }

    // The side that sets.

    /// Sets the value. True: the other side waits. If waiter() is a coroutine, resume it, here or
    /// elsewhere; else wake the thread. False: nothing is to be done, and this object may be gone.
    /// Requires: not set before; a thread that sleeps for it keeps the object until it was woken.
    /// Context: any; never waits.
    /// Ordering: [R51] release, pairs with [A51]: who sees it set sees the value. [A52] acquire,
    /// pairs with [R52]: who is told of a waiter sees it.
    [[nodiscard]] bool set(T value) noexcept {
        std::construct_at(&value_, std::move(value));
        return state_.exchange(kSet, Order::acq_rel) == kAwaited; // [R51], [A52]
    }
    /// The coroutine that waits; null if it is a thread. Requires: set() returned true.
    [[nodiscard]] std::coroutine_handle<> waiter() const noexcept { return waiter_; }

    // The side that takes.

    /// True once the value is there. Ordering: [A51] acquire, pairs with [R51].
    [[nodiscard]] bool ready() const noexcept {
        return state_.load(Order::acquire) == kSet; // [A51]
    }
    /// Requires: ready(), or woken.
    [[nodiscard]] T& value() noexcept { return value_; }
    /// Announces that this side will sleep. True: sleep until woken. False: the value is there.
    /// Requires: called once, and not beside an await.
    /// Ordering: [R52] release, pairs with [A52]. [A51] acquire if it fails, pairs with [R51].
    [[nodiscard]] bool prepare_wait() noexcept {
        std::uint32_t empty = kEmpty;
        // Success needs release alone; orders whose failure is the stronger one are C++17's, and no
        // model checker's.
        return state_.compare_exchange(
            empty, kAwaited, Order::acq_rel, Order::acquire); // [R52], [A51]
    }
    /// The word that changes to kSet, for a futex.
    [[nodiscard]] const Word& word() const noexcept { return state_; }
    [[nodiscard]] Word& word() noexcept { return state_; }

    /// `T value = co_await shot;` Requires: awaited once.
    [[nodiscard]] auto operator co_await() noexcept {
        struct Awaiter {
            OneShot& shot;
            [[nodiscard]] bool await_ready() const noexcept { return shot.ready(); }
            [[nodiscard]] bool await_suspend(std::coroutine_handle<> waiter) const noexcept {
                shot.waiter_ = waiter;
                return shot.prepare_wait();
            }
            [[nodiscard]] T await_resume() const noexcept { return std::move(shot.value_); }
        };
        return Awaiter{*this};
    }

private:
    Word state_;
    std::coroutine_handle<> waiter_;
    union {
        T value_; ///< There if the state is kSet.
    };
};

} // namespace cw
