#include <algorithm>
#include <cstring>
#include <cw/kernel/frames.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/pool.hpp>
#include <cw/nucleus/segment.hpp>
#include <cw/nucleus/window.hpp>

namespace cw::kernel {

static_assert(std::uint64_t{kRightRead} == kPteRead && std::uint64_t{kRightWrite} == kPteWrite &&
              std::uint64_t{kRightExecute} == kPteExecute);

namespace {

/// Every page of every segment, whoever sees it. Never active on a hart.
AddressSpace registry;
Pool<Segment> pool{"segments.records"};
AllocationSite mappings_of_segments{"segments.mappings"};
Segment* all_segments;

Status register_pages(VirtualAddress address,
                      PhysicalAddress pages,
                      std::uint64_t bytes,
                      std::uint64_t flags) noexcept {
    while (bytes != 0) {
        const bool mega = address % kMegaPage == 0 && pages % kMegaPage == 0 && bytes >= kMegaPage;
        const std::uint64_t step = mega ? kMegaPage : kPage;
        if (const Status status = registry.map(address, pages, step, flags | kPteRead);
            status != Status::ok)
            return status;
        address += step;
        pages += step;
        bytes -= step;
    }
    return Status::ok;
}

/// Mappings were taken away, and harts may still use them.
bool stale_translations;

void take_away(Segment& segment, Domain& domain) noexcept {
    domain.space.unmap(segment.base, segment.bytes);
    stale_translations = stale_translations || !domain.at_rest;
    segment.seen_by[domain.id / 64] &= ~(std::uint64_t{1} << domain.id % 64);
    --segment.mappings;
    mappings_of_segments.freed();
}

void flush_stale() noexcept {
    if (stale_translations)
        flush_everywhere();
    stale_translations = false;
}

void free_segment(Segment& segment) noexcept {
    flush_stale();
    for (VirtualAddress at = segment.base; at < segment.base + segment.bytes;) {
        const auto page = registry.translate(at);
        if (page.bytes == 0) {
            at += kPage;
            continue;
        }
        if ((page.flags & kPteUser) == 0) // kPteUser marks borrowed pages in the registry
            frames::release(*segment.site, page.page, page.bytes == kMegaPage ? 9 : 0);
        registry.unmap(at, page.bytes);
        at += page.bytes;
    }
    window_release(segment.base, segment.reserved);
    Segment** link = &all_segments;
    while (*link != &segment)
        link = &(*link)->next;
    *link = segment.next;
    segment.site->freed();
    pool.release(&segment);
}

bool sees(const Domain& domain, const Segment& segment) noexcept {
    return segment_seen(segment, domain);
}

} // namespace

void segments_initialise() noexcept {
    CW_ASSERT(registry.create(0) == Status::ok);
}

Result<Segment*>
segment_reserve(Domain& owner, std::uint64_t bytes, AllocationSite& site) noexcept {
    Segment* segment = site.may_allocate() ? pool.allocate() : nullptr;
    if (segment == nullptr)
        return refuse(Status::no_memory);
    const auto base = window_reserve(bytes);
    if (!base) {
        pool.release(segment);
        return refuse(base.error());
    }
    segment->base = *base;
    segment->bytes = round_up(bytes, kPage);
    segment->reserved = window_bytes(bytes);
    segment->owner = &owner;
    segment->next = all_segments;
    segment->site = &site;
    all_segments = segment;
    site.allocated();
    return segment;
}

Result<Segment*> segment_split(Segment& segment, std::uint64_t offset) noexcept {
    Segment* const rest = segment.site->may_allocate() ? pool.allocate() : nullptr;
    if (rest == nullptr)
        return refuse(Status::no_memory);
    rest->base = segment.base + offset;
    rest->bytes = segment.bytes - offset;
    rest->reserved = segment.reserved - offset;
    rest->owner = segment.owner;
    rest->site = segment.site;
    rest->next = all_segments;
    all_segments = rest;
    rest->site->allocated();
    segment.bytes = offset;
    segment.reserved = offset;
    return rest;
}

Result<Segment*>
segment_create(Domain& owner, std::uint64_t bytes, Backing backing, AllocationSite& site) noexcept {
    bytes = round_up(bytes, kPage);
    Segment* segment = CW_TRY(segment_reserve(owner, bytes, site));
    Status status = Status::ok;
    if (backing == Backing::contiguous) {
        unsigned order = 0;
        while ((kPage << order) < bytes)
            ++order;
        const auto block = order > frames::kMaxOrder
                               ? Result<PhysicalAddress>{refuse(Status::no_memory)}
                               : frames::allocate(site, order);
        if (block) {
            for (std::uint64_t at = bytes; at < kPage << order;
                 at += kPage) // what the rounding to a power of two took too much
                frames::release(site, *block + at);
            segment->contiguous = true;
            status = register_pages(segment->base, *block, bytes, 0);
            for (std::uint64_t at = 0; status != Status::ok && at < bytes; at += kPage) {
                if (registry.translate(segment->base + at).bytes == 0)
                    frames::release(site, *block + at);
            }
        } else {
            status = block.error();
        }
    } else {
        status = segment_populate(*segment, 0, bytes);
    }
    if (status != Status::ok) {
        free_segment(*segment);
        return refuse(status);
    }
    site.publish();
    return segment;
}

Status segment_populate(Segment& segment, std::uint64_t offset, std::uint64_t bytes) noexcept {
    AllocationSite& site = *segment.site;
    const auto populate = [&]() -> Result<Nothing> {
        while (bytes != 0) {
            const bool mega = (segment.base + offset) % kMegaPage == 0 && bytes >= kMegaPage;
            auto block = frames::allocate(site, mega ? 9 : 0);
            std::uint64_t step = mega ? kMegaPage : kPage;
            if (!block && mega) {
                block = frames::allocate(site);
                step = kPage;
            }
            if (!block)
                return refuse(block.error());
            if (const Status status = registry.map(segment.base + offset, *block, step, kPteRead);
                status != Status::ok) {
                frames::release(site, *block, step == kMegaPage ? 9 : 0);
                return refuse(status);
            }
            offset += step;
            bytes -= step;
        }
        return Nothing{};
    };
    const auto populated = populate();
    site.publish();
    return populated ? Status::ok : populated.error();
}

void segment_depopulate(Segment& segment, std::uint64_t offset, std::uint64_t bytes) noexcept {
    const VirtualAddress begin = segment.base + offset;
    for (std::uint32_t id = 0; id < kMaxDomains && bytes != 0; ++id) {
        Domain* domain = domain_by_id(id);
        if (domain != nullptr && sees(*domain, segment))
            domain->space.unmap(begin, bytes);
    }
    flush_everywhere();
    for (VirtualAddress at = begin; at < begin + bytes; at += kPage) {
        const auto page = registry.translate(at);
        if (page.bytes == 0)
            continue;
        registry.unmap(at, kPage);
        frames::release(*segment.site, page.page);
    }
    segment.site->publish();
}

Status segment_borrow(Segment& segment,
                      std::uint64_t offset,
                      const void* pages,
                      std::uint64_t bytes) noexcept {
    return register_pages(segment.base + offset,
                          reinterpret_cast<std::uint64_t>(pages) - kDirectMap,
                          round_up(bytes, kPage),
                          kPteUser);
}

Status segment_map(Segment& segment,
                   Domain& domain,
                   std::uint64_t offset,
                   std::uint64_t bytes,
                   std::uint64_t rights) noexcept {
    const std::uint64_t flags = rights | (domain.is_kernel() ? 0 : std::uint64_t{kPteUser});
    if (!mappings_of_segments.may_allocate())
        return Status::no_memory;
    const bool fresh = !sees(domain, segment);
    if (fresh) {
        segment.seen_by[domain.id / 64] |= std::uint64_t{1} << domain.id % 64;
        ++segment.mappings;
        mappings_of_segments.allocated();
    }
    const auto replaced = domain.space.share(registry, segment.base + offset, bytes, flags);
    if (!replaced) {
        if (fresh) // it would be taken for one that sees all of it
            take_away(segment, domain);
        flush_stale();
        return replaced.error();
    }
    // A hart that remembers that nothing was here traps once more: see spurious_fault().
    if (*replaced && !domain.at_rest)
        flush_everywhere();
    return Status::ok;
}

void segment_unmap(Segment& segment, Domain& domain) noexcept {
    if (!sees(domain, segment))
        return;
    take_away(segment, domain);
    flush_stale();
    if (segment.mappings == 0 && segment.orphaned)
        free_segment(segment);
}

void segment_release(Segment& segment) noexcept {
    segment.orphaned = true;
    if (segment.mappings == 0)
        free_segment(segment);
}

void segments_withdraw(std::span<Segment* const> segments) noexcept {
    for (Segment* segment : segments) {
        for (std::uint32_t id = 0; segment != nullptr && id < kMaxDomains; ++id) {
            Domain* domain = domain_by_id(id);
            if (domain != nullptr && sees(*domain, *segment))
                take_away(*segment, *domain);
        }
    }
    flush_stale();
    for (Segment* segment : segments) {
        if (segment != nullptr)
            segment_release(*segment);
    }
}

bool segment_seen(const Segment& segment, const Domain& domain) noexcept {
    return (segment.seen_by[domain.id / 64] >> domain.id % 64 & 1) != 0;
}

void segments_release_all(Domain& owner) noexcept {
    for (Segment* segment = all_segments; segment != nullptr;) {
        Segment* next = segment->next;
        const bool own = segment->owner == &owner && !segment->orphaned;
        if (own)
            segment->orphaned = true;
        if (sees(owner, *segment))
            segment_unmap(*segment, owner);
        else if (own && segment->mappings == 0)
            free_segment(*segment);
        segment = next;
    }
}

std::uint64_t segment_pages(const Segment& segment) noexcept {
    std::uint64_t pages = 0;
    for (std::uint64_t offset = 0; offset < segment.bytes; offset += kPage) {
        PhysicalAddress seen[kMaxDomains];
        std::size_t count = 0;
        for (std::uint32_t id = 0; id < kMaxDomains; ++id) {
            const Domain* domain = domain_by_id(id);
            if (domain == nullptr)
                continue;
            const auto there = domain->space.translate(segment.base + offset);
            const PhysicalAddress page = there.page + ((segment.base + offset) & (there.bytes - 1));
            if (there.bytes != 0 && std::find(seen, seen + count, page) == seen + count)
                seen[count++] = page;
        }
        pages += count;
    }
    return pages;
}

void* segment_view(const Segment& segment, std::uint64_t offset) noexcept {
    const auto page = registry.translate(segment.base + offset);
    CW_ASSERT(page.bytes != 0);
    return direct(page.page + ((segment.base + offset) & (page.bytes - 1)));
}

void segment_write(const Segment& segment,
                   std::uint64_t offset,
                   const void* data,
                   std::uint64_t bytes) noexcept {
    const auto* from = static_cast<const char*>(data);
    while (bytes != 0) {
        const std::uint64_t in_page = kPage - (segment.base + offset) % kPage;
        const std::uint64_t step = bytes < in_page ? bytes : in_page;
        std::memcpy(segment_view(segment, offset), from, step);
        from += step;
        offset += step;
        bytes -= step;
    }
}

Segment* segment_at(VirtualAddress address) noexcept {
    for (Segment* segment = all_segments; segment != nullptr; segment = segment->next) {
        if (address >= segment->base && address - segment->base < segment->bytes)
            return segment;
    }
    return nullptr;
}

} // namespace cw::kernel
