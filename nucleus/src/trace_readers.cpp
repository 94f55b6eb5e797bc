// Who reads a trace: each reader has cursors of its own, which only it writes, and sees the rings.
#include "trace_rings.hpp"

#include "modules.hpp"
#include <algorithm>
#include <cstring>

namespace cw::kernel {

using namespace traced;

namespace {

struct Reader {
    ModuleInstance* module; ///< Null: it is free.
    Segment* cursors;       ///< Kept for the next one.
};
Reader readers[trace::kReaders];
AllocationSite cursor_segments{"trace.cursors"};

/// What a domain may do with a reader's cursors. In the kernel all is one domain.
std::uint64_t rights_on(const Reader& reader, const Domain& domain) noexcept {
    const bool writes =
        domain.is_kernel() || (reader.module != nullptr && reader.module->domain == &domain);
    return writes ? kRightRead | kRightWrite : std::uint64_t{kRightRead};
}

Reader* reader_of(const ModuleInstance& module, std::uint64_t number) noexcept {
    return number < trace::kReaders && readers[number].module == &module ? &readers[number]
                                                                         : nullptr;
}

std::uint32_t bit_of(const Reader& reader) noexcept {
    return 1u << (&reader - readers);
}

/// Some writer or reader in the domain has the ring.
bool wanted_in(const TracedRing& ring, const Domain& domain) noexcept {
    if (ring.executor != nullptr && ring.executor->domain == &domain)
        return true;
    for (const Reader& reader : readers) {
        if ((ring.readers & bit_of(reader)) != 0 && reader.module->domain == &domain)
            return true;
    }
    return false;
}

/// Its cursor says so from now on, whatever it said last.
void let_go(TracedRing& ring, const Reader& reader) noexcept {
    ring.readers &= ~bit_of(reader);
    cursor_view(static_cast<std::uint32_t>(&reader - readers), ring.slot)
        .taken.store(trace::Cursor::kDetached, Order::release); // [R32]
    Domain& domain = *reader.module->domain;
    if (!wanted_in(ring, domain) && segment_seen(*ring.segment, domain))
        segment_unmap(*ring.segment, domain);
}

void close(Reader& reader) noexcept {
    for (TracedRing* ring = oldest(); ring != nullptr; ring = ring->next) {
        if ((ring->readers & bit_of(reader)) != 0)
            let_go(*ring, reader);
    }
    Domain& domain = *reader.module->domain;
    reader.module = nullptr;
    // Its domain may go on as one that is traced; who cannot be shown less sees nothing.
    if (!domain.is_kernel() && !domain.ended &&
        segment_map(*reader.cursors, domain, kRightRead) != Status::ok)
        segment_unmap(*reader.cursors, domain);
    sweep();
}

} // namespace

namespace traced {

Status make_cursors() noexcept {
    static_assert(trace::kMaxRings * sizeof(trace::Cursor) == kPage);
    for (Reader& reader : readers) {
        if (reader.cursors != nullptr)
            continue;
        const auto made =
            segment_create(kernel_domain(), kPage, Backing::contiguous, cursor_segments);
        if (!made)
            return made.error();
        reader.cursors = *made;
        for (std::uint32_t slot = 0; slot < trace::kMaxRings; ++slot)
            segment_view_as<trace::Cursor>(**made)[slot].taken.store(trace::Cursor::kDetached,
                                                                     Order::relaxed);
    }
    return show_cursors(kernel_domain());
}

Status show_cursors(Domain& domain) noexcept {
    for (const Reader& reader : readers) {
        if (segment_seen(*reader.cursors, domain))
            continue;
        if (const Status status = segment_map(*reader.cursors, domain, rights_on(reader, domain));
            status != Status::ok)
            return status;
    }
    return Status::ok;
}

trace::Cursor& cursor_view(std::uint32_t reader, std::uint32_t slot) noexcept {
    return segment_view_as<trace::Cursor>(*readers[reader].cursors)[slot];
}

std::uint64_t cursor_at(std::uint32_t reader, std::uint32_t slot) noexcept {
    return readers[reader].cursors->base + slot * sizeof(trace::Cursor);
}

void detach_all(std::uint32_t slot) noexcept {
    for (std::uint32_t i = 0; i < trace::kReaders; ++i)
        cursor_view(i, slot).taken.store(trace::Cursor::kDetached, Order::relaxed);
}

std::uint32_t open_readers() noexcept {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(readers, [](const Reader& r) { return r.module != nullptr; }));
}

} // namespace traced

Result<trace::Reader> trace_open(ModuleInstance& module) noexcept {
    CW_CHECK_OK(make_cursors());
    for (Reader& reader : readers) {
        if (reader.module != nullptr)
            continue;
        reader.module = &module;
        Domain& domain = *module.domain;
        if (const Status status = segment_map(*reader.cursors, domain, rights_on(reader, domain));
            status != Status::ok) {
            reader.module = nullptr;
            return refuse(status);
        }
        return trace::Reader{static_cast<std::uint64_t>(&reader - readers), reader.cursors->base};
    }
    return refuse(Status::no_resource);
}

Status trace_close(const ModuleInstance& module, std::uint64_t number) noexcept {
    Reader* reader = reader_of(module, number);
    if (reader == nullptr)
        return Status::not_found;
    close(*reader);
    return Status::ok;
}

Result<trace::Ring> trace_next(const ModuleInstance& module, trace::After after) noexcept {
    const Reader* reader = reader_of(module, after.reader);
    TracedRing* ring = oldest();
    while (ring != nullptr && ring->id <= after.ring)
        ring = ring->next;
    if (reader == nullptr || ring == nullptr)
        return refuse(Status::not_found);
    Domain& domain = *module.domain;
    if (!segment_seen(*ring->segment, domain))
        CW_CHECK_OK(segment_map(*ring->segment, domain, kRightRead));
    ring->readers |= bit_of(*reader);
    trace::Ring reply{.address = ring->segment->base,
                      .ring = ring->id,
                      .records = ring->records,
                      .track = ring->track,
                      .domain = ring->domain,
                      .slot = ring->slot,
                      .policy = static_cast<std::uint32_t>(ring->policy),
                      .name = {}};
    std::memcpy(reply.name.data(), ring->name, reply.name.size());
    return reply;
}

Status trace_done(const ModuleInstance& module, trace::After which) noexcept {
    const Reader* reader = reader_of(module, which.reader);
    for (TracedRing* ring = oldest(); ring != nullptr && reader != nullptr; ring = ring->next) {
        if (ring->id == which.ring && (ring->readers & bit_of(*reader)) != 0) {
            ring->read = true;
            let_go(*ring, *reader);
            sweep();
            return Status::ok;
        }
    }
    return Status::not_found;
}

void trace_forget(const ModuleInstance& module) noexcept {
    for (Reader& reader : readers) {
        if (reader.module == &module)
            close(reader);
    }
}

} // namespace cw::kernel
