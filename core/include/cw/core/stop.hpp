// Stopping a module for good: what the kernel does about one that broke, and what happens to its
// callers.
#pragma once
#include <cstdint>
#include <cw/core/module_state.hpp>
#include <cw/core/pending.hpp>

namespace cw {

/// Nobody gets into the module any more; what waits in its mailbox is answered with peer_died, or
/// by the end of its channel. Who is inside stays inside.
/// Context: any thread of the module's domain.
void stop_module(ModuleState& module) noexcept;

/// Answers those calls in a module's own pool with peer_died that a stopped module owes an answer.
/// Nothing but the pool is looked at: the stopped module may have written over its own memory.
/// Requires: its executor has let the stopped module go, so that no list holds one of them.
/// Context: any thread of the domain.
void refuse_calls(Pending* pool, std::uint32_t entries, const ModuleState& stopped) noexcept;

/// No answer resumes anybody: the coroutines that await in this pool belong to a stopped module.
/// Requires: no other thread is in the module.
void forget_waiters(Pending* pool, std::uint32_t entries) noexcept;

/// Empties a stopped module's mailbox; a QueuedCall is its channel's to answer. Context: as above.
void refuse_mailbox(ModuleState& module) noexcept;

} // namespace cw
