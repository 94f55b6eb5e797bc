// Coroutines of a module: Task<T> starts at once, runs until its first real wait, and is awaited or
// answers a request.
#pragma once
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cw/core/method.hpp>
#include <cw/core/module_state.hpp>
#include <cw/core/pending.hpp>
#include <cw/core/result.hpp>
#include <new>
#include <utility>

/// The instance of the module that this code is compiled into.
extern "C" [[gnu::visibility("hidden")]] cw::ModuleState cw_module;

namespace cw {

/// The part of every promise that the runtime knows.
struct PromiseBase {
    Ready ready{.module = &cw_module};     ///< Resumes this coroutine.
    Ready* continuation = nullptr;         ///< Who awaits it.
    Ticket ticket{};                       ///< Whom it answers, if it is a handler that suspended.
    PromiseBase* next_suspended = nullptr; ///< In its ServerEnd's list.
    PromiseBase** suspended_link = nullptr;
    Pending* awaited_call = nullptr; ///< The call it waits for, or
    PromiseBase* awaited_task =
        nullptr;           ///< the coroutine it waits for: the path a cancellation takes.
    bool detached = false; ///< Nobody holds it: it frees itself.
    bool cancelled = false;

    static void* operator new(std::size_t bytes) noexcept {
        return cw_module.frames.allocate(bytes);
    }
    static void operator delete(void* frame, std::size_t bytes) noexcept {
        cw_module.frames.release(frame, bytes);
    }
};

template <class T = Nothing>
class Task;

template <class T>
struct Promise : PromiseBase {
    using Value = Result<T>;
    Value value{refuse(Status::not_ready)};

    Task<T> get_return_object() noexcept;
    static Task<T> get_return_object_on_allocation_failure() noexcept;
    std::suspend_never initial_suspend() noexcept { return {}; }

    struct Final {
        bool free_now;
        bool await_ready() const noexcept { return free_now; }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        void await_resume() const noexcept {}
    };
    Final final_suspend() noexcept {
        if (detached) {
            if (ticket.target != nullptr)
                answer();
            return {true};
        }
        if (continuation != nullptr)
            cw_module.ops->ready(continuation);
        return {false};
    }
    void return_value(Value result) noexcept { value = std::move(result); }
    [[noreturn]] void unhandled_exception() noexcept { __builtin_trap(); }

private:
    void answer() noexcept {
        if constexpr (Record<T>) {
            Words<T> words{};
            Status status = Status::ok;
            if (value)
                words = to_words(*value);
            else
                status = value.error();
            cw_module.ops->complete(this, status, words.data(), kWords<T>);
        }
    }
};

/// A coroutine that yields a T or a Status. Awaiting it gives Result<T>; destroying it before it is
/// done cuts it off.
template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle handle) noexcept : handle_{handle} {}
    Task(Task&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (handle_)
            handle_.destroy();
    }

    [[nodiscard]] bool allocated() const noexcept { return static_cast<bool>(handle_); }
    [[nodiscard]] bool done() const noexcept { return !handle_ || handle_.done(); }
    /// The result. Requires: done().
    [[nodiscard]] Result<T> take() noexcept {
        if (!handle_)
            return refuse(Status::no_memory);
        return std::move(handle_.promise().value);
    }
    /// Lets it run on by itself; it frees itself at the end.
    promise_type* release() noexcept {
        promise_type* promise = &handle_.promise();
        promise->detached = true;
        handle_ = nullptr;
        return promise;
    }

    bool await_ready() const noexcept { return done(); }
    template <class P>
    void await_suspend(std::coroutine_handle<P> awaiting) noexcept {
        PromiseBase& parent = awaiting.promise();
        parent.ready.coroutine = awaiting.address();
        parent.awaited_task = &handle_.promise();
        parent.awaited_call = nullptr;
        handle_.promise().continuation = &parent.ready;
    }
    Result<T> await_resume() noexcept { return take(); }

private:
    Handle handle_;
};

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
    return Task<T>{std::coroutine_handle<Promise<T>>::from_promise(*this)};
}
template <class T>
Task<T> Promise<T>::get_return_object_on_allocation_failure() noexcept {
    return Task<T>{nullptr};
}

/// Starts a coroutine that nobody waits for. A coroutine that found no memory is dropped:
/// Status::no_memory.
template <class T>
Status spawn(Task<T> task) noexcept {
    if (!task.allocated())
        return Status::no_memory;
    if (!task.done())
        task.release();
    return Status::ok;
}

} // namespace cw

/// In a coroutine: declares `variable` as the value of an awaited Result, or returns its status.
#define CW_CO_TRY(variable, expression)                                                            \
    auto variable##_result = (expression);                                                         \
    if (!variable##_result) [[unlikely]]                                                           \
        co_return ::cw::refuse(variable##_result.error());                                         \
    auto variable = *::std::move(variable##_result)

/// In a coroutine: returns the status of an awaited Result that is not a value.
#define CW_CO_CHECK(expression)                                                                    \
    do {                                                                                           \
        auto cw_check_result = (expression);                                                       \
        if (!cw_check_result) [[unlikely]]                                                         \
            co_return ::cw::refuse(cw_check_result.error());                                       \
    } while (false)
