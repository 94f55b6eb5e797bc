// The system call `call` of user domains: their words in a page, a thread of the nucleus that makes
// the call as theirs.
#include "../shared/futex.hpp"
#include "host.hpp"
#include <cstring>
#include <cw/nucleus/panic.hpp>

namespace cw::hosted {

namespace {

using Small = abi::RawFuture (*)(const abi::Slot*,
                                 std::uint64_t,
                                 std::uint64_t,
                                 std::uint64_t,
                                 std::uint64_t,
                                 std::uint64_t,
                                 std::uint64_t);
using Large = abi::RawFuture (*)(const abi::Slot*,
                                 std::uint64_t*,
                                 std::uint64_t,
                                 std::uint64_t,
                                 std::uint64_t,
                                 std::uint64_t,
                                 std::uint64_t,
                                 std::uint64_t);

constexpr unsigned kSpins = 200; ///< Looks at the page before it sleeps.

/// Untrusted: `index` and `words`, copies of what the domain wrote.
abi::RawFuture make_call(Thread& self,
                         std::uint64_t index,
                         const std::uint64_t (&w)[6],
                         std::uint64_t (&reply)[6]) {
    ExecutorRecord& record = *self.executor;
    if (index >= self.call_limit.load(Order::acquire))
        return {0, static_cast<std::uint64_t>(Status::out_of_range)};
    const CallGrant& grant = record.calls[index];
    if (grant.shape.buffers != 0 && !buffers_in_areas(grant, w))
        return {0, static_cast<std::uint64_t>(Status::not_permitted)};
    // Pairs with the store in revoke_call_grants(): either function knows what to do with the rest.
    const auto function = __atomic_load_n(&grant.slot.function, __ATOMIC_RELAXED);
    if (grant.shape.reply_words > 1)
        return reinterpret_cast<Large>(function)(
            &grant.slot, reply, w[0], w[1], w[2], w[3], w[4], w[5]);
    return reinterpret_cast<Small>(function)(&grant.slot, w[0], w[1], w[2], w[3], w[4], w[5]);
}

} // namespace

void serve_calls(Thread& self) noexcept {
    CallPage& page = *self.calls;
    for (;;) {
        std::uint32_t state = page.state.load(Order::acquire);
        for (unsigned spins = 0; state != static_cast<std::uint32_t>(CallState::asked); ++spins) {
            if (self.doomed.load(Order::acquire))
                return;
            if (spins < kSpins)
                asm volatile("pause");
            else // whatever the domain has written there; the reaper wakes us until we are gone
                futex_wait(page.state, state);
            state = page.state.load(Order::acquire);
        }
        if (self.doomed.load(Order::acquire))
            return;
        std::uint64_t words[6];
        for (int i = 0; i < 6; ++i)
            words[i] = __atomic_load_n(&page.words[i], __ATOMIC_RELAXED);
        const std::uint64_t index = __atomic_load_n(&page.grant, __ATOMIC_RELAXED);
        self.context.cookie = __atomic_load_n(&page.cookie, __ATOMIC_RELAXED);
        std::uint64_t reply[6]{};
        const abi::RawFuture result = make_call(self, index, words, reply);
        std::memcpy(page.reply, reply, sizeof(reply));
        page.value = result.value;
        page.outcome = result.state;
        std::uint32_t asked = static_cast<std::uint32_t>(CallState::asked);
        // Not if the process has ended meanwhile.
        if (page.state.compare_exchange(asked,
                                        static_cast<std::uint32_t>(CallState::answered),
                                        Order::release,
                                        Order::relaxed))
            futex_wake(page.state);
    }
}

} // namespace cw::hosted

namespace cw::kernel {

void make_call_grant(CallGrant& grant,
                     const abi::ProvideRecord& provide,
                     std::uint64_t function,
                     ServerEnd& server,
                     ModuleInstance& provider,
                     Edge& server_edge) noexcept {
    server_edge = Edge{};
    server_edge.server = &server;
    server_edge.reply_words = provide.shape.reply_words;
    server_edge.argument_words = provide.shape.argument_words;
    grant = CallGrant{};
    grant.inner = reinterpret_cast<void (*)()>(function);
    grant.slot.function = grant.inner;
    grant.slot.edge = &server_edge;
    grant.callee = &provider;
    grant.shape = provide.shape;
    grant.flags = provide.flags;
}

} // namespace cw::kernel
