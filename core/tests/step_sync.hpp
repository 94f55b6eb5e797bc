// A `Sync` whose every access is a step at which a test does something: stops whoever runs the
// template, for good, or lets another context run, as an interrupt would.
#pragma once
#include <csetjmp>
#include <cstdint>
#include <functional>
#include <utility>

#include <cw/core/atomic.hpp>

namespace cw::test {

/// The steps of the running template. One thread.
class Steps {
public:
    /// Calls `fn` in front of step `number`, counted from here; what it does makes no steps unless
    /// it calls at() itself.
    static void at(std::uint64_t number, std::function<void()> fn) {
        taken_ = 0;
        number_ = number;
        fn_ = std::move(fn);
    }
    static void nowhere() { at(~std::uint64_t{0}, {}); }
    [[nodiscard]] static std::uint64_t taken() { return taken_; }

    /// From within a step's function: calls `fn` in front of each step from here on.
    static void again(std::function<void()> fn) { again_ = std::move(fn); }

    static void take() {
        if (taken_++ != number_)
            return;
        const std::uint64_t taken = taken_;
        number_ = ~std::uint64_t{0};
        const std::function<void()> now = std::move(fn_);
        now();
        taken_ = taken;
        number_ = again_ ? taken : ~std::uint64_t{0};
        fn_ = std::exchange(again_, {});
    }

private:
    static inline std::uint64_t taken_ = 0, number_ = ~std::uint64_t{0};
    static inline std::function<void()> fn_, again_;
};

/// Runs `fn` and stops it for good in front of its step `number`; false if it ended before.
/// Requires: nothing in it has a destructor that matters.
template <class Function>
[[nodiscard]] bool stopped_at(std::uint64_t number, Function&& fn) {
    static std::jmp_buf escape;
    if (setjmp(escape) != 0) { // NOLINT: a crash unwinds nothing
        Steps::nowhere();
        return true;
    }
    Steps::at(number, [] { std::longjmp(escape, 1); }); // NOLINT
    fn();
    Steps::nowhere();
    return false;
}

struct StepSync {
    template <class T>
    class Word {
    public:
        [[nodiscard]] T load(Order order) const {
            Steps::take();
            return word_.load(order);
        }
        void store(T value, Order order) {
            Steps::take();
            word_.store(value, order);
        }
        bool compare_exchange(T& expected, T desired, Order success, Order failure) {
            Steps::take();
            return word_.compare_exchange(expected, desired, success, failure);
        }
        T fetch_or(T value, Order order) {
            Steps::take();
            return word_.fetch_or(value, order);
        }

    private:
        Atomic<T> word_;
    };
    static void fence(Order order) { cw::fence(order); }
};

} // namespace cw::test
