// What a host supplies to the nucleus: one implementation per host, chosen when linking. The types
// it embeds in the nucleus' own come from its <cw/nucleus/host/types.hpp>, found on its include
// path: Lock and Locked, Thread (with members `domain` and `executor`), current(), and the bases
// DomainHost, ExecutorHost and SegmentHost. Segments: see segment.hpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/kmem.hpp>
#include <span>
#include <string_view>

namespace cw::kernel {

// The machine.

[[nodiscard]] std::uint64_t ticks_per_second() noexcept;
/// How arch::counter() tells the time.
struct ClockScale {
    std::uint64_t counter;    ///< Now.
    std::uint64_t boot_ns;    ///< Now: nanoseconds since boot.
    std::uint64_t wall_ns;    ///< Now: nanoseconds since 1970, UTC; 0: nobody here knows.
    std::uint64_t multiplier; ///< Nanoseconds of one count, with 32 bits behind the point.
};
/// Context: boot, or kernel_lock held.
[[nodiscard]] ClockScale clock_scale() noexcept;
/// Whether somebody else steers this host's clock, or sets it: clock_scale() is to be asked again
/// from time to time.
[[nodiscard]] bool clock_is_steered() noexcept;
/// 64 bits that nobody can guess, others at every boot; 0: this host has none.
[[nodiscard]] std::uint64_t random_seed() noexcept;
/// Ends the system: 0 is success, 1..255 a status for the caller outside.
[[noreturn]] void power_off(std::uint8_t status) noexcept;
/// Words that whoever started the system gave it.
[[nodiscard]] std::string_view boot_arguments() noexcept;
/// The boot archive, page aligned, as the nucleus sees it; empty if there is none.
[[nodiscard]] std::span<const std::byte> boot_archive() noexcept;
/// A zeroed, naturally aligned block of 2^order pages for the nucleus' own objects. Errors:
/// no_memory. Locks: kernel_lock held.
[[nodiscard]] Result<void*> pages_allocate(AllocationSite& site, unsigned order) noexcept;
void pages_release(AllocationSite& site, void* block, unsigned order) noexcept;
struct PageCounts {
    std::uint64_t total;
    std::uint64_t free;
};
[[nodiscard]] PageCounts page_counts() noexcept;
/// A debugger may want to know that the list of modules has changed. Locks: kernel_lock held.
void debug_modules_changed() noexcept;
/// From here on the memory of kernel-placed modules is what is seen, whoever was interrupted.
void enter_own_view() noexcept;

// Harts: processors that threads are given to, for good.

[[nodiscard]] unsigned hart_count() noexcept;
[[nodiscard]] unsigned hart_index(const Thread& thread) noexcept;

// Domains.

/// An empty view for a domain. Errors: no_memory, no_resource.
[[nodiscard]] Status space_create(Domain& domain) noexcept;
/// The domain begins with a module of this image: what its devices need of the domain from its
/// birth on is prepared. Requires: its thread was not created yet. Errors: no_memory, no_resource,
/// unsupported. Locks: kernel_lock held.
[[nodiscard]] Status space_equip(Domain& domain, const loader::Image& image) noexcept;
/// Nothing runs in it any more, nor has anything left that it saw.
void space_destroy(Domain& domain) noexcept;
/// The thread of a domain is gone, or was never started; what it saw can be taken away without
/// telling anybody. May be called again.
void space_rests(Domain& domain) noexcept;
/// Copies up to `bytes` from a user domain's own readable memory; returns how many, 0 if the
/// address is not such. Untrusted: the address.
[[nodiscard]] std::size_t
read_domain(const Domain& domain, VirtualAddress from, void* into, std::size_t bytes) noexcept;

// Threads of executors, and the grants they hold. Locks: kernel_lock held.

/// Tables for grants. What is there when it fails is given back with executor_tables_release().
[[nodiscard]] Status executor_tables(ExecutorRecord& record) noexcept;
void executor_tables_release(ExecutorRecord& record) noexcept;
/// The thread of an executor, to be started with executor_start(); `stack`: of a user domain, else
/// null; `hart`: 1 + index, or 0 for any. Errors: no_memory, no_resource.
[[nodiscard]] Result<Thread*> thread_create(ExecutorRecord& record,
                                            std::string_view name,
                                            const Segment* stack,
                                            std::uint32_t hart) noexcept;
/// Undoes thread_create(). Requires: it was not started.
void thread_discard(Thread& thread) noexcept;
void executor_start(ExecutorRecord& record) noexcept;
/// Rings a thread's doorbell. Context: any.
void thread_wake(Thread& thread) noexcept;
/// Only looked at: it may change at any time.
[[nodiscard]] bool thread_sleeps(const Thread& thread) noexcept;
/// The thread of a user domain is to stop at its next step; the host then calls end_domain() with
/// ExecutorRecord::condemned.
void thread_condemn(Thread& thread) noexcept;
/// The domain of this thread has ended: it never runs again, and once it is gone
/// executor_thread_gone() is called.
void thread_doom(Thread& thread) noexcept;
/// ExecutorRecord::call_count has grown. Ordering: release; pairs with whoever looks a grant up.
void calls_published(ExecutorRecord& record) noexcept;

/// A doorbell of `record` that rings `target` for its ring `tag`, which is not 0. Requires: an end
/// of a channel that has none yet.
[[nodiscard]] std::uint32_t
executor_doorbell(ExecutorRecord& record, Thread& target, abi::RingTag tag) noexcept;
/// Takes it away again: the index stays valid and rings nobody, until it is given out anew.
void executor_give_back(ExecutorRecord& record, std::uint32_t doorbell) noexcept;
/// Takes every doorbell that rings `target` away from an executor: the grants stay and ring nobody.
void executor_forget(ExecutorRecord& record, Thread& target) noexcept;

// Devices.

/// Hands the registers and the interrupt of each device over that the module asks for. Errors:
/// not_found (no such device), already_exists (somebody has it), no_resource, no_memory.
[[nodiscard]] Status grant_devices(ModuleInstance& instance) noexcept;
/// The module goes: what grant_devices() handed over may be handed to others. Locks: kernel_lock
/// held.
void release_devices(ModuleInstance& instance) noexcept;
/// The holder of this interrupt of the executor has dealt with it. Errors: out_of_range.
[[nodiscard]] Status interrupt_acknowledge(ExecutorRecord& record, std::uint64_t index) noexcept;
void interrupts_release(Thread& thread) noexcept;

// The log.

namespace log {
/// Shows people a line that is in the log now. Context: any. Locks: that of the log held.
void show(std::string_view line) noexcept;
/// From now on lines are shown whoever owns the terminal: the system is about to stop.
void seize() noexcept;
} // namespace log

} // namespace cw::kernel
