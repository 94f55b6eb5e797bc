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

/// Answers those calls in a module's own pool with peer_died whose handlers have suspended and will
/// never go on: their frames lie in [begin, end). Who was answered before is left alone.
/// Context: any thread of the domain.
void refuse_calls_of(Pending* pool, std::uint64_t begin, std::uint64_t end) noexcept;

/// No answer resumes anybody: the coroutines that await in this pool belong to a stopped module.
/// Requires: no other thread is in the module.
void forget_waiters(Pending* pool) noexcept;

/// Empties a stopped module's mailbox; a QueuedCall is its channel's to answer. Context: as above.
void refuse_mailbox(ModuleState& module) noexcept;

} // namespace cw
