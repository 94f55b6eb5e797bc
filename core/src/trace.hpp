// Recording what an executor does. Private to core.
#pragma once
#include "runtime.hpp"
#include <cw/abi/control.hpp>
#include <cw/core/trace.hpp>

namespace cw::runtime {

/// Records from now on where the nucleus says, or no longer.
void trace_into(Executor& executor, const abi::ControlEntry& entry) noexcept;

/// Requires: this is the executor's own thread. In a user domain it may sleep for a moment, if that
/// is the policy.
void record(Executor& executor,
            trace::What what,
            std::uint64_t a = 0,
            std::uint64_t b = 0,
            std::uint64_t c = 0,
            std::uint64_t d = 0) noexcept;

/// Requires: tracing is on. The same, and never sleeps: where doorbells that are used up would be
/// missed.
void record_at_once(Executor& executor, trace::What what, std::uint64_t a) noexcept;

/// The same, if tracing is on. For places off the fast paths.
inline void note(Executor& executor,
                 trace::What what,
                 std::uint64_t a = 0,
                 std::uint64_t b = 0,
                 std::uint64_t c = 0) noexcept {
    if (executor.trace.on()) [[unlikely]]
        record(executor, what, a, b, c);
}

/// The same, on whatever thread this is.
void note_here(trace::What what, std::uint64_t a, std::uint64_t b, std::uint64_t c) noexcept;

[[nodiscard]] inline std::uint64_t call_at(const ClientEnd& end, std::uint32_t cookie) noexcept {
    return trace::call_id(end.submissions.executor->client_channels[end.index], cookie);
}
[[nodiscard]] inline std::uint64_t
call_at(const Executor& executor, const ServerEnd& end, std::uint64_t cookie) noexcept {
    return trace::call_id(executor.server_channels[end.index], static_cast<std::uint32_t>(cookie));
}
/// Of a call within the domain.
[[nodiscard]] inline std::uint64_t local_call(const Pending& pending) noexcept {
    const auto place = static_cast<std::uint32_t>(reinterpret_cast<std::uint64_t>(&pending) / 256);
    return trace::call_id(place | trace::kLocal, pending.cookie);
}

} // namespace cw::runtime
