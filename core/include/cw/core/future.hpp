// What a call returns: a value that may already be there.
#pragma once
#include <coroutine>
#include <cstdint>
#include <cw/abi/call.hpp>
#include <cw/core/method.hpp>
#include <cw/core/module_state.hpp>
#include <cw/core/pending.hpp>
#include <cw/core/result.hpp>
#include <cw/core/task.hpp>
#include <utility>

namespace cw {

namespace detail {
/// What a call that stayed pending has come to, and the end of its entry: a resolved RawFuture. A
/// reply of more than one word goes to `reply`. By value, so that the compiler keeps futures that
/// resolve at once in registers. Untrusted: the words may lie where the callee can still write;
/// each is loaded once.
[[gnu::noinline, gnu::cold]] inline abi::RawFuture
settle(abi::RawFuture future, std::uint64_t* reply, std::size_t words) noexcept {
    Pending* call = reinterpret_cast<Pending*>(future.state);
    abi::RawFuture settled{0, static_cast<std::uint64_t>(call->outcome.status())};
    if (!call->decided())
        settled.state = static_cast<std::uint64_t>(Status::not_ready); // was not awaited
    if (settled.state == 0 && words != 0) {
        if (reply == nullptr)
            reply = &settled.value;
        for (std::size_t i = 0; i < words; ++i)
            reply[i] = __atomic_load_n(call->reply + i, __ATOMIC_RELAXED);
    }
    cw_module.ops->release(call);
    return settled;
}
} // namespace detail

/// The result of calling method M. Await it once; it gives Result<Reply>. Resolved at once on the
/// direct and synchronous paths: then it has no state outside of itself. Dropping a pending one
/// gives the answer up, not the call.
template <class M>
class [[nodiscard]] Future {
public:
    using Reply = typename M::Reply;

    Future(Future&& other) noexcept : raw_{other.raw_.value, std::exchange(other.raw_.state, 0)} {
        if constexpr (kLargeReply<M>) {
            if (raw_.state == 0)
                large_ = other.large_;
        }
    }
    Future& operator=(Future&&) = delete;
    [[gnu::always_inline]] ~Future() {
        if (raw_.state > abi::kMaxErrorState) [[unlikely]]
            cw_module.ops->release(pending());
    }

    /// True if awaiting it will not suspend.
    [[nodiscard]] bool ready() const noexcept {
        if (raw_.state <= abi::kMaxErrorState)
            return true;
        return pending()->decided();
    }
    /// Completes with timed_out if the answer is not there at `ticks`.
    Future&& by(std::uint64_t ticks) && noexcept {
        if (!ready())
            cw_module.ops->set_deadline(pending(), ticks);
        return std::move(*this);
    }
    /// Gives the call up: it completes with cancelled unless the answer is there.
    void cancel() noexcept {
        if (!ready())
            cw_module.ops->cancel(pending());
    }

    [[gnu::always_inline]] bool await_ready() const noexcept {
        if (raw_.state == 0) [[likely]]
            return true;
        if (raw_.state <= abi::kMaxErrorState)
            return true;
        if (pending()->outcome.is(PendingState::in_flight)) [[likely]]
            return false;
        return ready();
    }
    template <class P>
    void await_suspend(std::coroutine_handle<P> awaiting) noexcept {
        Pending* call = pending();
        PromiseBase& parent = awaiting.promise();
        parent.awaited_call = call;
        parent.awaited_task = nullptr;
        call->coroutine = awaiting.address();
    }
    [[gnu::always_inline]] Result<Reply> await_resume() noexcept {
        if (raw_.state > abi::kMaxErrorState) {
            if (pending()->outcome.is(PendingState::done)) [[likely]] {
                Pending& call = *pending();
                raw_.state = 0;
                const Reply result = load_reply(call);
                pool_give(call);
                return result;
            }
            if constexpr (kLargeReply<M>)
                raw_ = detail::settle(raw_, large_.data(), kWords<Reply>);
            else
                raw_ = detail::settle(raw_, nullptr, kWords<Reply>);
        }
        if (raw_.state != 0) [[unlikely]]
            return refuse(static_cast<Status>(raw_.state));
        if constexpr (kLargeReply<M>)
            return from_words<Reply>(large_.data());
        else
            return from_words<Reply>(&raw_.value);
    }

    /// Made by Method's call operator only.
    template <class Call>
    [[gnu::always_inline]] explicit Future(const Call& call) noexcept {
        if constexpr (kLargeReply<M>)
            raw_ = call(large_.data());
        else
            raw_ = call(nullptr);
    }

private:
    struct NoWords {};
    [[nodiscard]] Pending* pending() const noexcept {
        return reinterpret_cast<Pending*>(raw_.state);
    }

    /// Untrusted: the words may lie where the callee can still write; each is loaded once.
    [[gnu::always_inline]] static Reply load_reply(const Pending& call) noexcept {
        std::uint64_t words[kWords<Reply> + 1];
        for (std::size_t i = 0; i < kWords<Reply>; ++i)
            words[i] = __atomic_load_n(call.reply + i, __ATOMIC_RELAXED);
        return from_words<Reply>(words);
    }

    abi::RawFuture raw_;
    /// Indeterminate until the call has resolved; not set by the ring path.
    [[no_unique_address]] std::conditional_t<kLargeReply<M>, Words<Reply>, NoWords> large_;
};

/// A method as callers see it: an object to be called. `auto r = co_await
/// digest::sha256({buffer});`
template <class M>
struct Method {
    using Declaration = M;

    [[gnu::always_inline]] Future<M>
    operator()(const typename M::Arguments& arguments = {}) const noexcept {
        return Future<M>{[&arguments](std::uint64_t* reply)
                             __attribute__((always_inline)) { return call(arguments, reply); }};
    }
    /// The call itself. `reply`: where a reply of more than one word goes if it is there at once.
    [[gnu::always_inline]] static abi::RawFuture call(const typename M::Arguments& arguments,
                                                      std::uint64_t* reply) noexcept {
        const Words<typename M::Arguments> words = to_words(arguments);
        const abi::Slot* slot = &SlotOf<M>::value;
        return [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
            if constexpr (kLargeReply<M>) {
                using Function = abi::RawFuture (*)(
                    const abi::Slot*, std::uint64_t*, decltype(static_cast<std::uint64_t>(I))...);
                return reinterpret_cast<Function>(slot->function)(slot, reply, words[I]...);
            } else {
                static_cast<void>(reply);
                using Function = abi::RawFuture (*)(const abi::Slot*,
                                                    decltype(static_cast<std::uint64_t>(I))...);
                return reinterpret_cast<Function>(slot->function)(slot, words[I]...);
            }
        }(std::make_index_sequence<kWords<typename M::Arguments>>{});
    }
};

} // namespace cw

/// Declares method `service.name` with its records in the current namespace; shared by provider and
/// callers.
#define CW_METHOD(service, name, ArgumentsType, ReplyType, ...)                                    \
    struct name##_method {                                                                         \
        static constexpr char kName[] = #service "." #name;                                        \
        using Arguments = ArgumentsType;                                                           \
        using Reply = ReplyType;                                                                   \
        static constexpr ::cw::Version kVersion = ::cw::Version{__VA_ARGS__};                      \
    };                                                                                             \
    inline constexpr ::cw::Method<name##_method> name {}
