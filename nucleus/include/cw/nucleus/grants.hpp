// What an executor was granted: methods it may call synchronously.
#pragma once
#include <cstdint>
#include <cw/abi/call.hpp>
#include <cw/abi/records.hpp>
#include <cw/core/executor.hpp>

namespace cw::kernel {

struct ModuleInstance;

/// The right to call a method synchronously. `slot` comes first: the callee gets its address as the
/// slot it was called through.
struct CallGrant {
    abi::Slot slot;  ///< What the trap entry calls, and the server's view of the edge.
    void (*inner)(); ///< Behind a check or a larger reply: what is called in the end.
    ModuleInstance* callee;
    abi::MethodShape shape;
    std::uint32_t flags; ///< abi::MethodFlags.
    std::uint32_t reserved[5];
};
static_assert(sizeof(CallGrant) == 64);

/// Fills a call grant for a method that lives at `function` (its direct entry). The host's: it
/// knows what stands between its system call and a callee.
void make_call_grant(CallGrant& grant,
                     const abi::ProvideRecord& provide,
                     std::uint64_t function,
                     ServerEnd& server,
                     ModuleInstance& provider,
                     Edge& server_edge) noexcept;

/// True if every buffer among the words lies in an area of the domain whose thread makes the call.
/// Untrusted: `words`, which are the nucleus' own copy.
[[nodiscard]] bool buffers_in_areas(const CallGrant& grant, const std::uint64_t* words) noexcept;

/// What a grant calls whose module is gone: answers peer_died.
[[nodiscard]] void (*revoked_function() noexcept)();

/// Function of grant 0 of every user executor: takes its reports.
[[nodiscard]] void (*report_entry() noexcept)();

} // namespace cw::kernel
