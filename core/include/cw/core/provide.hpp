// What the compiler makes of a provided method: its entry on the direct path, and its entry below
// the gate.
#pragma once
#include <cstdint>
#include <cw/abi/call.hpp>
#include <cw/core/arch/context.hpp>
#include <cw/core/future.hpp>
#include <cw/core/method.hpp>
#include <cw/core/module_state.hpp>
#include <cw/core/task.hpp>
#include <cw/core/thread_sanitizer.hpp>
#include <type_traits>
#include <utility>

namespace cw {

template <class T>
inline constexpr bool kIsTask = false;
template <class T>
inline constexpr bool kIsTask<Task<T>> = true;
template <class T>
inline constexpr bool kIsResult = false;
template <class T>
inline constexpr bool kIsResult<Result<T>> = true;

/// Whether the module's handlers may run at the same time; CW_MODULE specialises it through its
/// flags.
enum class Gated : bool { no, yes };

template <class M, auto kHandler>
inline constexpr bool kTakesSlot =
    std::is_invocable_v<decltype(kHandler), typename M::Arguments, const abi::Slot*>;

/// Who makes a call: a handler that wants to know takes it as its second parameter. The runtime
/// says it, not the caller.
struct Caller {
    std::uint64_t id; ///< Of the calling module from its load to its end; never another's.
    friend constexpr bool operator==(const Caller&, const Caller&) noexcept = default;
};
template <class M, auto kHandler>
inline constexpr bool kTakesCaller =
    std::is_invocable_v<decltype(kHandler), typename M::Arguments, Caller>;

/// Calls the handler, with what else it takes; only the kernel's own take the slot.
template <class M, auto kHandler>
[[gnu::always_inline]] inline auto call_handler(const typename M::Arguments& arguments,
                                                const abi::Slot* slot) noexcept {
    if constexpr (kTakesSlot<M, kHandler>)
        return kHandler(arguments, slot);
    else if constexpr (kTakesCaller<M, kHandler>)
        return kHandler(arguments, Caller{cw_module.ops->caller(&cw_module, slot)});
    else
        return kHandler(arguments);
}

/// Code for method M handled by `kHandler`: Reply f(Arguments), Result<Reply> f(Arguments), or
/// Task<Reply> f(Arguments). A second parameter may be a Caller; or, a const abi::Slot*, gets the
/// slot that a direct or synchronous call came through, and null for one that was queued.
template <class M, auto kHandler, Gated kGated>
struct Provided {
    using Arguments = typename M::Arguments;
    using Reply = typename M::Reply;
    using Returned = decltype(call_handler<M, kHandler>(std::declval<Arguments>(), nullptr));
    static constexpr bool kSuspends = kIsTask<Returned>;
    static constexpr std::size_t kArgumentWords = kWords<Arguments>;

    /// Runs the handler. Requires: the gate is held.
    [[gnu::always_inline]] static abi::RawFuture
    run(const abi::Slot* slot, std::uint64_t* reply, const std::uint64_t* words) noexcept {
        const Arguments arguments = from_words<Arguments>(words);
        if constexpr (kSuspends) {
            auto task = call_handler<M, kHandler>(arguments, slot);
            if (!task.allocated()) [[unlikely]]
                return {0, static_cast<std::uint64_t>(Status::no_memory)};
            if (!task.done())
                return {reinterpret_cast<std::uint64_t>(static_cast<PromiseBase*>(task.release())),
                        abi::kStateSuspended};
            return resolved(task.take(), reply);
        } else if constexpr (std::is_void_v<Returned>) {
            call_handler<M, kHandler>(arguments, slot);
            return {0, 0};
        } else {
            return resolved(call_handler<M, kHandler>(arguments, slot), reply);
        }
    }

    /// InvokeFn: for ring servers and mailboxes, which hold the gate.
    static abi::RawFuture invoke(std::uint64_t* reply,
                                 std::uint64_t w0,
                                 std::uint64_t w1,
                                 std::uint64_t w2,
                                 std::uint64_t w3,
                                 std::uint64_t w4,
                                 std::uint64_t w5) noexcept {
        const std::uint64_t words[6] = {w0, w1, w2, w3, w4, w5};
        const abi::RawFuture result = run(nullptr, reply, words);
        if constexpr (kWords<Reply> == 1) {
            if (result.state == 0)
                *reply = result.value;
        }
        return result;
    }

    /// The direct path. Guarantee 3: entered only through the gate. Guarantee 2: the gate is closed
    /// while earlier requests are queued. What is rare is a tail call, so that the common way needs
    /// no stack frame.
    template <class Indices>
    struct Direct;
    template <std::size_t... I>
    struct Direct<std::index_sequence<I...>> {
        static abi::RawFuture small(const abi::Slot* slot,
                                    decltype(static_cast<std::uint64_t>(I))... w) noexcept {
            const Entry entry = enter(slot);
            if (entry == Entry::queue) [[unlikely]]
                [[clang::musttail]] return queue_small<Entry::queue>(slot, w...);
            if (entry == Entry::behind) [[unlikely]]
                [[clang::musttail]] return queue_small<Entry::behind>(slot, w...);
            const std::uint64_t words[sizeof...(I) + 1] = {w..., 0};
            return leave(slot, run(slot, nullptr, words));
        }
        static abi::RawFuture large(const abi::Slot* slot,
                                    std::uint64_t* reply,
                                    decltype(static_cast<std::uint64_t>(I))... w) noexcept {
            const Entry entry = enter(slot);
            if (entry == Entry::queue) [[unlikely]]
                [[clang::musttail]] return queue_large<Entry::queue>(slot, reply, w...);
            if (entry == Entry::behind) [[unlikely]]
                [[clang::musttail]] return queue_large<Entry::behind>(slot, reply, w...);
            const std::uint64_t words[sizeof...(I) + 1] = {w..., 0};
            return leave(slot, run(slot, reply, words));
        }
        template <Entry kEntry>
        [[gnu::noinline, gnu::cold]] static abi::RawFuture
        queue_small(const abi::Slot* slot, decltype(static_cast<std::uint64_t>(I))... w) noexcept {
            const std::uint64_t words[6] = {w...};
            return queue<kEntry>(slot, words);
        }
        template <Entry kEntry>
        [[gnu::noinline, gnu::cold]] static abi::RawFuture
        queue_large(const abi::Slot* slot,
                    std::uint64_t*,
                    decltype(static_cast<std::uint64_t>(I))... w) noexcept {
            const std::uint64_t words[6] = {w...};
            return queue<kEntry>(slot, words);
        }
    };
    /// Address for the record's `direct` field.
    static constexpr auto direct() noexcept {
        using Entry = Direct<std::make_index_sequence<kArgumentWords>>;
        if constexpr (kLargeReply<M>)
            return &Entry::large;
        else
            return &Entry::small;
    }

private:
    [[gnu::always_inline]] static Entry enter(const abi::Slot* slot) noexcept {
        if (arch::stack_is_below(arch::context()->stack_limit)) [[unlikely]]
            return Entry::queue;
        if constexpr (kSuspends) {
            // A handler that suspends needs an entry of the caller's pool: without one queue()
            // refuses before anything has started.
            if (slot->edge->client != nullptr && slot->edge->client->free == nullptr) [[unlikely]]
                return Entry::queue;
        }
        if constexpr (kGated == Gated::yes)
            return alone() ? ModuleGate::enter_alone(cw_module.gate)
                           : ModuleGate::enter(cw_module.gate);
        return Entry::inside;
    }
    /// Where atomic operations are cheap, it is not worth the question.
    [[gnu::always_inline]] static bool alone() noexcept {
        if constexpr (arch::kAtomicsAreSlow)
            return (cw_module.flags & kModuleAlone) != 0;
        return false;
    }
    [[gnu::always_inline]] static bool leave_gate() noexcept {
        return alone() ? ModuleGate::leave_alone(cw_module.gate)
                       : ModuleGate::leave(cw_module.gate);
    }
    template <Entry kEntry>
    [[gnu::always_inline]] static abi::RawFuture queue(const abi::Slot* slot,
                                                       const std::uint64_t* words) noexcept {
        const abi::RawFuture result = cw_module.ops->queue(&cw_module, slot, &invoke, words);
        if constexpr (kEntry ==
                      Entry::behind) { // we are inside, and those before us wait for us to leave
            static_cast<void>(leave_gate());
            cw_module.ops->gate_left(&cw_module);
        }
        return result;
    }
    [[gnu::always_inline]] static abi::RawFuture leave(const abi::Slot* slot,
                                                       abi::RawFuture result) noexcept {
        if constexpr (kSuspends) {
            if (result.state == abi::kStateSuspended) [[unlikely]]
                result =
                    cw_module.ops->suspended(slot, reinterpret_cast<PromiseBase*>(result.value));
        }
        if constexpr (kGated == Gated::yes) {
            if (leave_gate()) [[unlikely]]
                return left_with_queue(result);
        }
        return result;
    }
    [[gnu::noinline, gnu::cold]] static abi::RawFuture
    left_with_queue(abi::RawFuture result) noexcept {
        cw_module.ops->gate_left(&cw_module);
        // Hidden from the optimiser that this is the argument: the caller then ends in a jump to
        // here and needs no stack frame on the common way.
        asm volatile("" : "+r"(result.value), "+r"(result.state));
        return result;
    }

    template <class Value>
    [[gnu::always_inline]] static abi::RawFuture resolved(const Value& value,
                                                          std::uint64_t* reply) noexcept {
        if constexpr (kIsResult<Value>) {
            if (!value) [[unlikely]]
                return {0, static_cast<std::uint64_t>(value.error())};
            return resolved(*value, reply);
        } else {
            const Words<Reply> words = to_words(static_cast<const Reply&>(value));
            if constexpr (kWords<Reply> == 0) {
                return {0, 0};
            } else if constexpr (kWords<Reply> == 1) {
                return {words[0], 0};
            } else {
                const OrderedByPeer order{reinterpret_cast<std::uint64_t>(reply), sizeof(words)};
                for (std::size_t i = 0; i < kWords<Reply>; ++i)
                    reply[i] = words[i];
                return {0, 0};
            }
        }
    }
};

} // namespace cw
