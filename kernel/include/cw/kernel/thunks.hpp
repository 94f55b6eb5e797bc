// What stands between the trap entry and a callee: larger replies, and checks of buffers.
#pragma once
#include <cw/abi/records.hpp>
#include <cw/core/executor.hpp>
#include <cw/kernel/domain.hpp>

namespace cw::kernel {

/// Fills a call grant for a method that lives at `function` (its direct entry).
void make_call_grant(CallGrant& grant,
                     const abi::ProvideRecord& provide,
                     std::uint64_t function,
                     ServerEnd& server,
                     ModuleInstance& provider,
                     Edge& server_edge) noexcept;

/// What a grant calls whose module is gone: answers peer_died.
[[nodiscard]] void (*revoked_function() noexcept)();

} // namespace cw::kernel
