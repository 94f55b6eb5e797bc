// The memory of a trace: rings, and the cursors of their readers.
#include "trace_rings.hpp"

#include "modules.hpp"
#include <algorithm>
#include <cstring>

namespace cw::kernel::traced {

namespace {

constexpr std::uint32_t kKept = 64; ///< Rings that have ended and were not read.

Pool<TracedRing> pool{"trace.records"};
AllocationSite ring_segments{"trace.rings"};
TracedRing* first;
std::uint32_t next_id, next_track;
std::uint64_t slots_used[trace::kMaxRings / 64];
std::uint64_t unread_records;

/// A track of its own for each executor, and one for the nucleus.
std::uint32_t track_of(ExecutorRecord* executor) noexcept {
    static std::uint32_t own_track;
    std::uint32_t& track = executor != nullptr ? executor->track : own_track;
    if (track == 0)
        track = ++next_track;
    return track;
}

Result<std::uint32_t> take_slot() noexcept {
    for (std::uint32_t i = 0; i < std::size(slots_used); ++i) {
        if (~slots_used[i] == 0)
            continue;
        const auto bit = static_cast<std::uint32_t>(__builtin_ctzll(~slots_used[i]));
        slots_used[i] |= std::uint64_t{1} << bit;
        return 64 * i + bit;
    }
    return refuse(Status::no_resource);
}

void give_slot(std::uint32_t slot) noexcept {
    slots_used[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
}

} // namespace

TracedRing* oldest() noexcept {
    return first;
}
std::uint64_t unread() noexcept {
    return unread_records;
}
void forget_unread() noexcept {
    unread_records = 0;
}

Result<TracedRing*>
make(ExecutorRecord* executor, TracePolicy policy, std::uint32_t records) noexcept {
    const std::uint64_t bytes = trace::Block::bytes_for(records);
    if (!leaves_enough(bytes))
        return refuse(Status::no_memory);
    TracedRing* ring = pool.allocate();
    if (ring == nullptr)
        return refuse(Status::no_memory);
    Domain& domain = executor != nullptr ? *executor->domain : kernel_domain();
    const auto fill = [&]() -> Result<Nothing> {
        ring->slot = CW_TRY(take_slot());
        const auto made =
            segment_create(kernel_domain(), bytes, Backing::contiguous, ring_segments);
        if (!made) {
            give_slot(ring->slot);
            return refuse(made.error());
        }
        ring->segment = *made;
        CW_CHECK_OK(segment_map(*ring->segment, domain, kRightRead | kRightWrite));
        if (policy != TracePolicy::overwrite)
            CW_CHECK_OK(show_cursors(domain));
        return Nothing{};
    };
    if (const auto filled = fill(); !filled) {
        if (ring->segment != nullptr) {
            give_slot(ring->slot);
            segment_withdraw(*ring->segment);
        }
        pool.release(ring);
        return refuse(filled.error());
    }
    detach_all(ring->slot);
    ring->block().initialise();
    ring->executor = executor;
    ring->id = ++next_id;
    ring->track = track_of(executor);
    ring->domain = domain.id;
    ring->records = records;
    ring->policy = policy;
    copy_name(ring->name,
              executor == nullptr ? std::string_view{"nucleus"} : std::string_view{executor->name});
    TracedRing** link = &first;
    while (*link != nullptr)
        link = &(*link)->next;
    *link = ring;
    return ring;
}

void discard(TracedRing& ring) noexcept {
    TracedRing** link = &first;
    while (*link != &ring)
        link = &(*link)->next;
    *link = ring.next;
    give_slot(ring.slot);
    segment_withdraw(*ring.segment);
    pool.release(&ring);
}

void sweep(bool all) noexcept {
    std::uint32_t kept = 0;
    for (const TracedRing* ring = first; ring != nullptr; ring = ring->next) {
        if (ring->readers == 0 && !ring->read && ring->ended())
            ++kept;
    }
    for (TracedRing *ring = first, *next = nullptr; ring != nullptr; ring = next) {
        next = ring->next;
        if (ring->readers != 0 || !ring->ended())
            continue;
        if (!ring->read) {
            if (!all && kept <= kKept)
                continue;
            --kept;
            const trace::Block& block = ring->block();
            unread_records +=
                block.words.end.load(Order::relaxed) + block.words.dropped.load(Order::relaxed);
        }
        discard(*ring);
    }
}

} // namespace cw::kernel::traced
