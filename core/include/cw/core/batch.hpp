// Several calls of one method in flight together, awaited as one.
#pragma once
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cw/core/executor.hpp>
#include <cw/core/future.hpp>

namespace cw {

namespace detail {

/// Waits for the calls of a batch without waking its coroutine for each: stands in for a coroutine
/// where one can be resumed. Its first two words are what every compiler puts first into a frame:
/// where to resume, where to destroy (the coroutine ABI that clang and gcc share).
struct BatchWaiter {
    void (*resume)(void* self) = &answered;
    void (*destroy)(void* self) = nullptr; ///< Never called: nobody owns it as a coroutine.
    Pending* awaited = nullptr;
    Pending* (*next)(BatchWaiter& self) noexcept = nullptr; ///< See Batch::undecided().
    PromiseBase* parent = nullptr;
    void* coroutine = nullptr;

    void wait_for(Pending& call) noexcept {
        awaited = &call;
        parent->awaited_call = &call;
        parent->awaited_task = nullptr;
        call.coroutine = this;
    }
    static void answered(void* self) noexcept {
        auto& waiter = *static_cast<BatchWaiter*>(self);
        if (waiter.parent->cancelled) { // then all of them are given up, not just this one
            while (Pending* call = waiter.next(waiter))
                cw_module.ops->cancel(call);
        }
        Pending& decided = *waiter.awaited;
        if (Pending* call = waiter.next(waiter)) {
            keep_reply(decided);
            waiter.wait_for(*call);
        } else {
            std::coroutine_handle<>::from_address(waiter.coroutine).resume();
        }
    }

private:
    /// Who is resumed for a call takes its reply there and then, from a slot that the callee may
    /// fill anew soon after. A batch that goes on waiting does not, so it copies.
    /// Untrusted: the slot; each word is loaded once.
    static void keep_reply(Pending& call) noexcept {
        if (!call.outcome.is(PendingState::done))
            return;
        for (std::size_t w = 0; w < abi::kMaxInlineWords; ++w)
            call.words[w] = __atomic_load_n(call.reply + w, __ATOMIC_RELAXED);
        call.reply = call.words;
    }
};

} // namespace detail

/// Up to `kCapacity` calls of method M. Start them, await the batch, take the results; then it may
/// be used again:
///
///     cw::Batch<disk::read_method, 8> reads;
///     for (...) reads.start(arguments);
///     co_await reads;
///     reads.take([&](std::size_t i, const cw::Result<disk::Bytes>& result) { ... });
template <class M, std::size_t kCapacity>
class Batch {
public:
    using Reply = typename M::Reply;

    Batch() noexcept = default;
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch() { clear(); }

    /// Issues one more call. Requires: size() < kCapacity.
    [[gnu::always_inline]] void start(const typename M::Arguments& arguments = {}) noexcept {
        Entry& entry = *end_++;
        const abi::RawFuture future = Method<M>::call(arguments, entry.reply);
        entry.state = future.state;
        if constexpr (kWords<Reply> == 1)
            entry.reply[0] = future.value;
    }
    [[nodiscard]] std::size_t size() const noexcept {
        return static_cast<std::size_t>(end_ - entries_);
    }

    /// Suspends until every call is decided.
    [[nodiscard]] bool await_ready() noexcept {
        undecided_end_ = end_;
        waiter_.next = &undecided;
        waiter_.awaited = nullptr;
        return (waiter_.awaited = undecided(waiter_)) == nullptr;
    }
    template <class P>
    void await_suspend(std::coroutine_handle<P> awaiting) noexcept {
        waiter_.parent = &awaiting.promise();
        waiter_.coroutine = awaiting.address();
        waiter_.wait_for(*waiter_.awaited);
    }
    void await_resume() const noexcept {}

    /// Calls `use(i, result)` for each call in the order of start(); then the batch is empty.
    /// Requires: it was awaited since start().
    template <class Use>
    [[gnu::always_inline]] void take(Use&& use) noexcept {
        // Replies that still lie in the ring are all in the same one: that of the round which this
        // coroutine was resumed in. Their entries go back to its pool together.
        auto in_ring = static_cast<std::uint32_t>(size());
        Pending* taken = nullptr;
        Pending** link = &taken;
        std::size_t i = 0;
        Entry* const end = end_;
        for (Entry* entry = entries_; entry != end; ++entry, ++i) {
            if (entry->is(Outcome::left_in_ring())) [[likely]] {
                Pending& call = *entry->pending();
                std::uint64_t words[kWords<Reply> + 1];
                load(call, words);
                pool_reset(call);
                *link = &call;
                link = &call.next;
                use(i, Result<Reply>{from_words<Reply>(words)});
            } else {
                --in_ring;
                use(i, settled(*entry));
            }
        }
        end_ = entries_;
        if (taken != nullptr)
            pool_give_all(*taken, *link, in_ring);
    }

    /// Gives all calls up that were not taken, like dropped futures.
    void clear() noexcept {
        while (end_ != entries_) {
            if (Pending* call = (--end_)->pending())
                cw_module.ops->release(call);
        }
    }

private:
    struct Entry {
        std::uint64_t state;                                         ///< As RawFuture::state.
        std::uint64_t reply[kWords<Reply> == 0 ? 1 : kWords<Reply>]; ///< If it resolved at once.

        [[nodiscard]] Pending* pending() const noexcept {
            return state > abi::kMaxErrorState ? reinterpret_cast<Pending*>(state) : nullptr;
        }
        [[nodiscard]] bool is(Outcome outcome) const noexcept {
            return state > abi::kMaxErrorState &&
                   reinterpret_cast<const Pending*>(state)->outcome == outcome;
        }
    };

    /// Untrusted: the callee can still write there; each word is loaded once.
    [[gnu::always_inline]] static void load(const Pending& call, std::uint64_t* words) noexcept {
        for (std::size_t w = 0; w < kWords<Reply>; ++w)
            words[w] = __atomic_load_n(call.reply + w, __ATOMIC_RELAXED);
    }

    /// The last call that is not decided, or null. The last first: a server that answers in order
    /// has then answered all, and the coroutine is resumed once.
    [[nodiscard]] static Pending* undecided(detail::BatchWaiter& waiter) noexcept {
        Batch& batch = *reinterpret_cast<Batch*>(reinterpret_cast<std::uint64_t>(&waiter) -
                                                 offsetof(Batch, waiter_));
        // Most often this was a channel's last call in flight: then all are decided that went
        // through it. First and last did, so did those between: a slot never leads back to a
        // channel that it left.
        const Pending* const head = batch.entries_[0].pending();
        if (const Pending* tail = waiter.awaited; tail != nullptr && head != nullptr) {
            const ClientEnd* channel = tail->end;
            if (channel != nullptr && channel == head->end && !channel->holding &&
                channel->in_flight() == 0)
                return nullptr;
        }
        while (batch.undecided_end_ != batch.entries_) {
            Pending* call = (batch.undecided_end_ - 1)->pending();
            if (call != nullptr && !call->decided())
                return call;
            --batch.undecided_end_;
        }
        return nullptr;
    }

    [[gnu::noinline]] static Result<Reply> settled(Entry& entry) noexcept {
        if (Pending* call = entry.pending()) {
            if (call->outcome.is(PendingState::done)) {
                load(*call, entry.reply);
                entry.state = 0;
                pool_give(*call);
            } else {
                const abi::RawFuture future = detail::settle(
                    {0, entry.state}, kWords<Reply> == 0 ? nullptr : entry.reply, kWords<Reply>);
                entry.state = future.state;
            }
        }
        if (entry.state != 0)
            return refuse(static_cast<Status>(entry.state));
        return from_words<Reply>(entry.reply);
    }

    detail::BatchWaiter waiter_{};
    Entry* end_ = entries_;
    Entry* undecided_end_ = entries_; ///< While awaited: those from here on are decided.
    Entry entries_[kCapacity];
};

} // namespace cw
