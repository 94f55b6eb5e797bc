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

/// Answers those calls in a module's own pool with peer_died whose handlers have suspended in a
/// stopped module and will never go on. Who was answered before is left alone.
/// Requires: the memory of every module that owes one of them an answer. Context: any thread of the
/// domain.
void refuse_suspended_calls(Pending* pool, const ModuleState& stopped) noexcept;

/// No answer resumes anybody: the coroutines that await in this pool belong to a stopped module.
/// Requires: no other thread is in the module.
void forget_waiters(Pending* pool) noexcept;

/// Empties a stopped module's mailbox; a QueuedCall is its channel's to answer. Context: as above.
void refuse_mailbox(ModuleState& module) noexcept;

} // namespace cw
