// No address is recorded: a site has a number, and its name is in the trace once.
#include "kmem_trace.hpp"
#include <algorithm>
#include <cstring>
#include <cw/nucleus/own_cell.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/trace.hpp>

namespace cw::kernel::kmem_trace {

OwnCell cell;

namespace {

bool wanted;   ///< The cell says so.
bool has_ring; ///< The nucleus records.

void say_counts() noexcept {
    for (const AllocationSite* site = all_sites(); site != nullptr; site = site->next()) {
        const kmem::Site& counts = site->counts();
        trace_say(trace::What::site_counts,
                  site->number(),
                  counts.allocations,
                  counts.live,
                  counts.pages);
    }
}

void say_sites() noexcept {
    for (const AllocationSite* site = all_sites(); site != nullptr; site = site->next()) {
        std::uint64_t name[3]{};
        std::memcpy(name, site->name().data(), std::min(site->name().size(), sizeof(name)));
        trace_say(trace::What::site, site->number(), name[0], name[1], name[2]);
    }
}

/// Begins to record, or ends, as it is to be now. Both ends are counts.
void turn() noexcept {
    const bool on = wanted && has_ring;
    if (on == ((attention & kTraced) != 0))
        return;
    if (on)
        say_sites();
    say_counts();
    attention ^= kTraced;
}

void take_in() noexcept {
    if (const auto set = cell.look()) {
        wanted = *set != 0;
        cell.applied(*set);
    }
    if (!cell.may_have_news())
        attention &= ~std::uint32_t{kCellOpen};
}

} // namespace

void make_cell() noexcept {
    const Status made = cell.create(trace::kMemoryCell, 1, [] noexcept { attention |= kCellOpen; });
    CW_ASSERT(made == Status::ok);
}

void ring_begins() noexcept {
    has_ring = true;
    take_in();
    turn();
}

void ring_ends() noexcept {
    has_ring = false;
    turn();
}

void look() noexcept {
    take_in();
    turn();
}

void say(trace::What what, const AllocationSite& site) noexcept {
    const kmem::Site& counts = site.counts();
    trace_say(what, site.number(), counts.object_bytes, counts.live, counts.live_bytes);
}

void say_pages(const AllocationSite& site, std::uint64_t change) noexcept {
    trace_say(trace::What::site_pages, site.number(), change, site.counts().pages, 0);
}

} // namespace cw::kernel::kmem_trace
