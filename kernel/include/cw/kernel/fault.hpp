// What becomes of those who trap.
#pragma once
#include <cstdint>
#include <cw/kernel/trap.hpp>
#include <cw/nucleus/domain.hpp>
#include <string_view>

namespace cw::kernel {

/// A user thread broke a rule of the machine: its domain ends. Does not return.
[[noreturn]] void domain_fault(Domain& domain, const char* cause, const TrapFrame& frame) noexcept;
/// The kernel trapped at this place; false if it was not a module's fault. Otherwise the module is
/// stopped, and `frame` goes on at its caller, to whom the call has returned peer_died; or this
/// does not return, since that caller could not be found.
bool module_fault(const char* cause, TrapFrame& frame) noexcept;
/// A kernel-placed module gave up by itself. Its caller goes on as after a fault.
[[noreturn]] void module_failed_in_kernel(ModuleState& state, std::string_view message) noexcept;
/// Called on every timer tick: ends a domain, or stops a kernel-placed module, whose executor makes
/// no progress.
void watch(Thread& thread, TrapFrame& frame) noexcept;
/// Reads two words at once; false if the thread that runs has nothing there to be read.
[[nodiscard]] bool read_mapped(std::uint64_t address, std::uint64_t (&words)[2]) noexcept;

} // namespace cw::kernel
