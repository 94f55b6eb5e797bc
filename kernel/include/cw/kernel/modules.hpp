// Loading, linking and ending modules.
#pragma once
#include <cstdint>
#include <cw/abi/control.hpp>
#include <cw/core/task.hpp>
#include <cw/core/text.hpp>
#include <cw/kernel/domain.hpp>
#include <cw/kernel/trap.hpp>
#include <string_view>

namespace cw::kernel {

/// Reads the module files of the boot archive; files that are not in order are named in the log and
/// left out.
void modules_initialise() noexcept;

struct LoadRequest {
    std::string_view name;
    abi::Placement placement;
    std::uint32_t domain;
    bool dry_run;
    std::uint32_t hart;          ///< 1 + index, or 0.
    std::uint32_t grants;        ///< Of whoever asks.
    std::uint32_t passed_grants; ///< For the new domain.
    std::string_view links;
};

/// Plans, builds, links and starts; `text` says what was done or what is wrong. Context: the
/// nucleus executor.
[[nodiscard]] Task<Nothing> load_module(LoadRequest request, TextWriter& text) noexcept;
[[nodiscard]] Task<Nothing>
unload_module(std::string_view name, std::uint32_t grants, TextWriter& text) noexcept;

void describe_modules(TextWriter& text) noexcept;
void describe_edges(TextWriter& text) noexcept;
void describe_files(TextWriter& text) noexcept;
void describe_stubs(TextWriter& text) noexcept;
void describe_services(TextWriter& text) noexcept;
void describe_domains(TextWriter& text) noexcept;

[[nodiscard]] ModuleInstance* module_by_name(std::string_view name) noexcept;
[[nodiscard]] ModuleInstance* all_modules() noexcept;

/// A new buffer area for a client: a user domain, or a module in the kernel. Errors:
/// invalid_argument, no_resource (kMaxAreas), no_memory. Locks: kernel_lock held.
[[nodiscard]] Result<Segment*>
area_create(Domain& domain, ModuleInstance* module, std::uint64_t bytes) noexcept;

/// A user thread broke a rule of the machine: its domain ends. Does not return.
[[noreturn]] void domain_fault(Domain& domain, const char* cause, const TrapFrame& frame) noexcept;
/// The kernel trapped at this place; false if it was not a module's fault. Otherwise the module is
/// stopped, and `frame` goes on at its caller, to whom the call has returned peer_died; or this
/// does not return, since that caller could not be found.
bool module_fault(const char* cause, TrapFrame& frame) noexcept;
/// A kernel-placed module gave up by itself. Its caller goes on as after a fault.
[[noreturn]] void module_failed_in_kernel(ModuleState& state, std::string_view message) noexcept;
/// The thread of an ended domain is gone: what is left of its modules and memory goes too. Locks:
/// kernel_lock held.
void domain_finish(Domain& domain) noexcept;
/// Called on every timer tick: ends a domain, or stops a kernel-placed module, whose executor makes
/// no progress.
void watch(Thread& thread, TrapFrame& frame) noexcept;
void handle_report(ExecutorRecord& record,
                   abi::Report kind,
                   std::uint64_t b,
                   std::uint64_t c,
                   std::uint64_t d) noexcept;

/// The module whose image this address lies in, or null. Locks: kernel_lock held.
[[nodiscard]] ModuleInstance* module_at(std::uint64_t address) noexcept;
/// "@frame 0x... module=m offset=0x..." into the log.
void describe_address(std::uint64_t address) noexcept;
[[nodiscard]] bool read_mapped(std::uint64_t address, std::uint64_t (&words)[2]) noexcept;

} // namespace cw::kernel
