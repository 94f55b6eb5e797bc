// Single allocations in the trace of the system, while the control cell "trace/kmem" says so.
// Private to the nucleus. Locks: kernel_lock held, for all functions.
#pragma once
#include <cstdint>
#include <cw/core/trace.hpp>
#include <cw/nucleus/kmem.hpp>
#include <cw/nucleus/own_cell.hpp>

namespace cw::kernel::kmem_trace {

/// What there is to be done at an allocation or a free beside counting it; 0: nothing, which is
/// what an allocation without tracing costs.
enum Attention : std::uint32_t {
    kPagesChanged = 1, ///< memory/pages is to be published.
    kCellOpen = 2,     ///< Somebody may have stored something in the cell.
    kTraced = 4,       ///< It is to be recorded.
};
extern constinit std::uint32_t attention;

extern OwnCell cell;

/// The cell is there from now on. Context: boot, when the nucleus is a module.
void make_cell() noexcept;
/// The ring of the nucleus is there, or is about to end: what every site has counted is recorded,
/// so that whoever reads the ring knows whether he has everything.
void ring_begins() noexcept;
void ring_ends() noexcept;
/// The cell may say something new. What has just been counted is recorded after a store of 0, and
/// not after one of 1.
void look() noexcept;
/// Requires: kTraced.
void say(trace::What what, const AllocationSite& site) noexcept;
void say_pages(const AllocationSite& site, std::uint64_t change) noexcept;

} // namespace cw::kernel::kmem_trace
