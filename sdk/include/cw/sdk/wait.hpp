// What a module waits for that is not a call: time, interrupts.
#pragma once
#include <cstdint>
#include <cw/abi/syscall.hpp>
#include <cw/core/future.hpp>
#include <cw/core/task.hpp>
#include <optional>

namespace cw {

namespace detail {
/// Shape of a future for waits that no module provides.
struct WaitMethod {
    struct Count {
        std::uint64_t count;
    };
    using Arguments = Nothing;
    using Reply = Count;
};

struct GivenUp {
    bool answer = false;
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> asking) noexcept {
        answer = asking.promise().cancelled;
        return false;
    }
    bool await_resume() const noexcept { return answer; }
};
} // namespace detail

using Wait = Future<detail::WaitMethod>;

/// Ticks from now.
[[nodiscard]] inline std::uint64_t ticks_after_ns(std::uint64_t nanoseconds) noexcept {
    const RuntimeOps& ops = *cw_module.ops;
    return ops.now() + (nanoseconds / 1000) * ops.ticks_per_second / 1'000'000;
}

/// Completes with timed_out when the time has come.
[[nodiscard]] inline Wait sleep_ns(std::uint64_t nanoseconds) noexcept {
    return Wait{[=](std::uint64_t*) {
        return cw_module.ops->sleep(&cw_module, ticks_after_ns(nanoseconds));
    }};
}

/// Something that one coroutine of the module waits for and another one makes happen.
///
///     cw::Signal done;
///     CW_CO_CHECK(done.prepare());   // before what will set it is begun
///     begin(done);
///     while (!done.set()) {
///         const auto waited = co_await done.wait();
///         if (!waited)               // whoever called us has given up
///             give_up();             // once; then wait for it to end all the same
///     }
///
/// So a handler that has something under way in its caller's buffer learns that the caller has
/// given up, stops what is under way, and keeps the buffer until it has stopped.
class Signal {
public:
    Signal() noexcept = default;
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    /// Makes sure that the first wait() is not refused for want of memory. Errors: no_memory.
    [[nodiscard]] Result<Nothing> prepare() noexcept {
        sleep_.emplace(sleep_for_ever());
        if (sleep_->ready()) // refused: nothing else ends it
            return refuse(Status::no_memory);
        return Nothing{};
    }
    [[nodiscard]] bool set() const noexcept { return set_; }
    /// Lets who waits go on. Context: the module's, in a handler or coroutine.
    void notify() noexcept {
        set_ = true;
        if (sleep_)
            sleep_->cancel();
    }
    /// Waits until it is set; one at a time. Errors: cancelled (the caller of the handler that
    /// waits has given up, or is gone: it may be awaited again). Requires: prepare().
    [[nodiscard]] auto wait() noexcept { return Awaiter{*this}; }

private:
    struct Awaiter {
        Signal& signal;
        bool await_ready() const noexcept { return signal.set_ || signal.sleep_->await_ready(); }
        template <class P>
        void await_suspend(std::coroutine_handle<P> waiter) const noexcept {
            signal.sleep_->await_suspend(waiter);
        }
        Result<Nothing> await_resume() const noexcept {
            if (signal.set_) {
                signal.sleep_.reset();
                return Nothing{};
            }
            const auto ended = signal.sleep_->await_resume();
            signal.sleep_.reset(); // and its entry is taken again at once: it is there
            signal.sleep_.emplace(sleep_for_ever());
            return refuse(ended.error());
        }
    };
    static Wait sleep_for_ever() noexcept {
        return Wait{
            [](std::uint64_t*) { return cw_module.ops->sleep(&cw_module, abi::kNoDeadline); }};
    }

    std::optional<Wait> sleep_;
    bool set_ = false;
};

/// `co_await given_up()`: true if the caller of the handler that asks, or that waits for who asks,
/// has given the call up. For before something is begun that would then be for nobody.
[[nodiscard]] inline auto given_up() noexcept {
    return detail::GivenUp{};
}

/// Rings the doorbell that a device has named.
inline void ring_device(std::uint32_t doorbell) noexcept {
    cw_module.ops->wake(doorbell);
}

/// next_interrupt(index) looks at `word`, in which the device counts. Requires: the word stays as
/// long as the module.
inline void count_interrupt_in(std::uint64_t index, const Atomic<std::uint32_t>* word) noexcept {
    cw_module.ops->count_interrupt_in(&cw_module, index, word);
}

/// Completes when the interrupt DeviceGrant::interrupt has come since it was last waited for. The
/// source stays masked until interrupts::acknowledge().
[[nodiscard]] inline Wait next_interrupt(std::uint64_t index) noexcept {
    return Wait{[=](std::uint64_t*) { return cw_module.ops->wait_interrupt(&cw_module, index); }};
}

} // namespace cw
