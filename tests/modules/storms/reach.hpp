// Modules that require each other are linked one after the other: how one waits for its peer.
#pragma once
#include <cstdint>
#include <cw/core/future.hpp>
#include <cw/core/task.hpp>
#include <cw/sdk/wait.hpp>

namespace storms {

/// Calls an optional requirement without arguments until it is linked. Errors: what it answers but
/// not_found.
template <class M>
cw::Task<> reach(const cw::Method<M>& method) noexcept {
    constexpr std::uint64_t kMillisecond = 1'000'000;
    for (;;) {
        const auto reply = co_await method();
        if (reply)
            co_return cw::Nothing{};
        if (reply.error() != cw::Status::not_found)
            co_return cw::refuse(reply.error());
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    }
}

} // namespace storms
