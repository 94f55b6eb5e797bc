// Tracing: a ring for each executor while it is on, and who reads them.
//
// Rings belong to the kernel, so that they outlive their writers. A ring ends when its writer does,
// or goes on in another one; it is freed when it has ended and its readers are done with it, or, if
// nobody has read it, when many newer ones have ended.
#pragma once
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/core/service/trace.hpp>
#include <cw/core/trace.hpp>
#include <cw/nucleus/domain.hpp>

namespace cw::trace {
struct Rings;
}

namespace cw::kernel {

// Locks: kernel_lock held, for all functions.

[[nodiscard]] bool tracing() noexcept;
/// As trace.start, trace.stop and trace.status.
[[nodiscard]] Status trace_start(TracePolicy policy, std::uint32_t records) noexcept;
void trace_stop() noexcept;
[[nodiscard]] trace::State trace_status() noexcept;
/// As the variable trace/rings says it.
void trace_count(trace::Rings& counts) noexcept;

/// A new executor, which has not run. Without memory it is not traced.
void trace_equip(ExecutorRecord& record) noexcept;
/// Its thread is gone, or never was.
void trace_executor_gone(ExecutorRecord& record) noexcept;

/// What the nucleus has to say. Nothing happens while tracing is off.
void trace_module(const ModuleInstance& instance, trace::ModuleNews news) noexcept;
void trace_channel(const Channel& channel) noexcept;
void trace_say(
    trace::What what, std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept;

/// As trace.open, trace.close, trace.next, trace.done.
[[nodiscard]] Result<trace::Reader> trace_open(ModuleInstance& module) noexcept;
[[nodiscard]] Status trace_close(const ModuleInstance& module, std::uint64_t reader) noexcept;
[[nodiscard]] Result<trace::Ring> trace_next(const ModuleInstance& module,
                                             trace::After after) noexcept;
[[nodiscard]] Status trace_done(const ModuleInstance& module, trace::After which) noexcept;
/// The module goes: its readers are closed.
void trace_forget(const ModuleInstance& module) noexcept;

} // namespace cw::kernel
