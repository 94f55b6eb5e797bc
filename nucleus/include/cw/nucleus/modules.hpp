// Loading, linking and ending modules.
#pragma once
#include <cstdint>
#include <cw/abi/control.hpp>
#include <cw/core/task.hpp>
#include <cw/core/text.hpp>
#include <cw/loader/unwind.hpp>
#include <cw/nucleus/domain.hpp>
#include <string_view>

namespace cw::kernel {

inline constexpr std::size_t kMaxFiles = 64; ///< Module files of the boot archive.

/// Reads the module files of the boot archive; files that are not in order are named in the log and
/// left out.
void modules_initialise() noexcept;

/// Takes one more module file, under the name that the module gives itself: in place of an earlier
/// one of that name, unless a module that was made of it is still there. The name that it has now.
/// Requires: `file` can be lent to segments (segment_borrow), stays and does not change. Errors:
/// what is wrong with the file, as the loader says it; that it is loaded; that there is no room.
/// Locks: takes kernel_lock.
[[nodiscard]] std::expected<std::string_view, Message>
module_file_add(std::span<const std::byte> file, std::string_view file_name) noexcept;

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

/// Makes and starts a module of which the code is part of this programme, like the nucleus itself,
/// but with an executor of its own: what a programme that embeds the nucleus is to the modules it
/// calls. What it requires is linked whenever somebody provides it. Errors: no_memory, no_resource.
/// Requires: Image::describe() has made the image. Locks: takes kernel_lock.
[[nodiscard]] Result<ModuleInstance*> resident_create(const loader::Image& image) noexcept;
/// True if no slot of the module waits to be linked to somebody. Locks: kernel_lock held.
[[nodiscard]] bool links_settled(const ModuleInstance& instance) noexcept;

void describe_modules(TextWriter& text) noexcept;
void describe_edges(TextWriter& text) noexcept;
void describe_files(TextWriter& text) noexcept;
void describe_stubs(TextWriter& text) noexcept;
void describe_services(TextWriter& text) noexcept;
void describe_domains(TextWriter& text) noexcept;

/// Whose call the handler of a service of the nucleus was started for; null: it has ended since.
/// Requires: the method is queued only, the handler has not suspended. Locks: kernel_lock held, as
/// long as the result is used.
[[nodiscard]] ModuleInstance* calling_module() noexcept;
[[nodiscard]] ModuleInstance* module_by_name(std::string_view name) noexcept;
[[nodiscard]] ModuleInstance* all_modules() noexcept;

/// A new buffer area for a client: a user domain, or a module in the kernel. Errors:
/// invalid_argument, no_resource (kMaxAreas), no_memory. Locks: kernel_lock held.
[[nodiscard]] Result<Segment*>
area_create(Domain& domain, ModuleInstance* module, std::uint64_t bytes) noexcept;

/// The thread of this executor is gone, and what only it used goes too: of a domain that has ended,
/// all. Locks: kernel_lock held.
void executor_thread_gone(ExecutorRecord& record) noexcept;
/// Ends a user domain: its modules, its channels, its memory. `cause` is for whoever waits for one
/// of its modules; null: there is none to tell. Locks: kernel_lock held.
void end_domain(Domain& domain, const char* cause) noexcept;
/// Closes whatever leads into a kernel-placed module, for those who come and for those who wait.
/// Code of it that another hart runs right now goes on until it returns. Locks: kernel_lock held.
void stop_instance(ModuleInstance& instance, const char* cause) noexcept;
void handle_report(ExecutorRecord& record,
                   abi::Report kind,
                   std::uint64_t b,
                   std::uint64_t c,
                   std::uint64_t d) noexcept;

/// Copies into an instance's image, wherever its pages are; within one load. Locks: kernel_lock
/// held.
void image_write(const ModuleInstance& instance,
                 std::uint64_t address,
                 const void* data,
                 std::uint64_t bytes) noexcept;
/// The module whose image this address lies in, or null. Locks: kernel_lock held.
[[nodiscard]] ModuleInstance* module_at(std::uint64_t address) noexcept;
[[nodiscard]] ModuleInstance* module_by_id(std::uint32_t id) noexcept;
/// Code of a module that is loaded, or of one that is gone and has lent its types.
struct ModuleCode {
    const loader::Image* image; ///< Null: no such code.
    VirtualAddress base;        ///< Of the image.
    bool in_kernel;             ///< The kernel may run it.
};
/// Whose image an address lies in. Locks: kernel_lock held.
[[nodiscard]] ModuleCode module_code_at(std::uint64_t address) noexcept;
/// The module of this domain that has borrowed the types in whose pages an address lies, or null.
/// Locks: kernel_lock held.
[[nodiscard]] ModuleInstance* borrower_at(const Domain& domain, std::uint64_t address) noexcept;
/// The frames of a thread, as its host reads them.
struct Frames {
    loader::FrameTable (*table_at)(std::uint64_t pc) noexcept;
    loader::StackReader stack;
};
/// The module that has gone wrong in a virtual function of types that it has borrowed: what has
/// happened is not the affair of the module that the function is of. `at`: where its thread was
/// interrupted; `caller`: of that function. Null: the innermost module on the stack is not there by
/// a virtual call, or its frames cannot be relied on. Untrusted: the stack. Locks: kernel_lock
/// held.
[[nodiscard]] ModuleInstance* borrower_running(const Frames& frames,
                                               loader::FrameRegisters at,
                                               Result<loader::FrameRegisters> caller) noexcept;
/// "@frame 0x... module=m offset=0x..." into the log.
void describe_address(std::uint64_t address) noexcept;
} // namespace cw::kernel
