// What the nucleus looks at from time to time, as long as there is something to look at. Private to
// the nucleus.
#pragma once
#include "sleep.hpp"
#include <cstdint>
#include <cw/core/task.hpp>
#include <cw/nucleus/domain.hpp>

namespace cw::kernel {

/// A look, again and again, by a coroutine that ends when nothing is left. Locks: kernel_lock held,
/// for start() and while it looks.
class Periodic {
public:
    /// Milliseconds until the next look; 0: there is nothing left to look at.
    using Look = std::uint64_t (*)() noexcept;

    explicit constexpr Periodic(Look look) noexcept : look_{look} {}

    /// Goes on, or begins: after `pause` milliseconds for the first time. Errors: no_memory: it
    /// does not run; whoever comes next tries again. Context: the worker, or before it runs.
    [[nodiscard]] Status start(std::uint64_t pause) noexcept {
        if (runs_)
            return Status::ok;
        runs_ = true;
        if (const Status status = spawn(run(*this, pause)); status != Status::ok)
            runs_ = false;
        return runs_ ? Status::ok : Status::no_memory;
    }

private:
    static Task<Nothing> run(Periodic& self, std::uint64_t pause) noexcept {
        for (bool first = true;; first = false) {
            auto sleep = sleep_ms(pause);
            if (first && sleep.ready()) { // refused, and whoever starts us holds the lock
                self.runs_ = false;
                co_return Nothing{};
            }
            const auto slept = co_await sleep;
            const Locked hold{kernel_lock};
            pause = self.look_();
            if (pause == 0 || slept || slept.error() != Status::timed_out) {
                self.runs_ = false;
                co_return Nothing{};
            }
        }
    }

    Look look_;
    bool runs_ = false;
};

} // namespace cw::kernel
