// Segments: pages with an owner and one virtual address in every domain that may see them. Under
// everything that is shared.
#pragma once
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/nucleus/host/types.hpp>
#include <cw/nucleus/kmem.hpp>
#include <cw/nucleus/layout.hpp>
#include <span>

namespace cw::kernel {

struct Domain;

/// What a domain may do with pages it sees.
enum Rights : std::uint64_t {
    kRightRead = 1u << 1,
    kRightWrite = 1u << 2,
    kRightExecute = 1u << 3,
};

/// All functions here: Context: thread, kernel lock held.
struct Segment : SegmentHost {
    VirtualAddress base;
    std::uint64_t bytes;
    std::uint64_t reserved; ///< Bytes of the window that are its own: to window_release().
    Domain* owner;
    std::uint32_t mappings;   ///< Domains that see it (any part of it): the bits set in seen_by.
    std::uint64_t seen_by[4]; ///< Bit per domain number.
    bool orphaned;            ///< Its owner has ended: it goes when the last mapping goes.
    AllocationSite* site;     ///< What it is for.
    Segment* next;            ///< All segments.
};

enum class Backing { contiguous, pages };

/// Zeroed pages at a fresh address. Contiguous ones are at most 4 MiB and can be reached through
/// view(). Errors: no_memory, no_resource (no room in the window).
[[nodiscard]] Result<Segment*>
segment_create(Domain& owner, std::uint64_t bytes, Backing backing, AllocationSite& site) noexcept;
/// An address range without pages; parts are filled by the next two.
[[nodiscard]] Result<Segment*>
segment_reserve(Domain& owner, std::uint64_t bytes, AllocationSite& site) noexcept;
/// What lies from `offset` on becomes a segment of its own, at the same addresses, with the same
/// owner: who sees the one need not see the other, and each may outlive the other. Requires:
/// nothing was put there or mapped yet; `offset` is in whole pages, neither 0 nor the end. Errors:
/// no_memory, with nothing changed.
[[nodiscard]] Result<Segment*> segment_split(Segment& segment, std::uint64_t offset) noexcept;
/// Puts zeroed pages of the segment's own at [offset, offset + bytes). Errors: no_memory.
[[nodiscard]] Status
segment_populate(Segment& segment, std::uint64_t offset, std::uint64_t bytes) noexcept;
/// Takes them away there again, out of every domain that sees them, and frees them. Requires: it
/// holds no larger pages than kPage, and none that are borrowed.
void segment_depopulate(Segment& segment, std::uint64_t offset, std::uint64_t bytes) noexcept;
/// Puts somebody else's pages there: of the boot archive, or what else the host lends. `pages`: the
/// nucleus' own pointer to them. Errors: no_memory.
[[nodiscard]] Status segment_borrow(Segment& segment,
                                    std::uint64_t offset,
                                    const void* pages,
                                    std::uint64_t bytes) noexcept;

/// Lets a domain see [offset, offset + bytes) with these Rights. Errors: no_memory; a domain that
/// saw nothing of it does not see any of it then.
[[nodiscard]] Status segment_map(Segment& segment,
                                 Domain& domain,
                                 std::uint64_t offset,
                                 std::uint64_t bytes,
                                 std::uint64_t rights) noexcept;
[[nodiscard]] inline Status
segment_map(Segment& segment, Domain& domain, std::uint64_t rights) noexcept {
    return segment_map(segment, domain, 0, segment.bytes, rights);
}
/// Takes the whole segment out of a domain's view; frees an orphaned one with its last mapping.
void segment_unmap(Segment& segment, Domain& domain) noexcept;
/// The owner gives it up: it is freed once nobody sees it.
void segment_release(Segment& segment) noexcept;
/// Takes segments (null: none) out of everybody's view and frees them, with one fence for all. An
/// ended domain may see one until its thread has gone; then it goes with that.
void segments_withdraw(std::span<Segment* const> segments) noexcept;
inline void segment_withdraw(Segment& segment) noexcept {
    Segment* const one[] = {&segment};
    segments_withdraw(one);
}
[[nodiscard]] bool segment_seen(const Segment& segment, const Domain& domain) noexcept;
/// Gives up all segments a domain owns, and its view of all others.
void segments_release_all(Domain& owner) noexcept;

/// The kernel's own pointer to a place in a segment, by page: valid to the end of that page (or of
/// the segment, if it is contiguous).
[[nodiscard]] void* segment_view(const Segment& segment, std::uint64_t offset) noexcept;
template <class T>
[[nodiscard]] T* segment_view_as(const Segment& segment, std::uint64_t offset = 0) noexcept {
    return static_cast<T*>(segment_view(segment, offset));
}
/// Copies into a segment, whatever its backing.
void segment_write(const Segment& segment,
                   std::uint64_t offset,
                   const void* data,
                   std::uint64_t bytes) noexcept;
/// How many pages of memory the domains that see it have there, all together: borrowed ones that
/// are the same for all count once.
[[nodiscard]] std::uint64_t segment_pages(const Segment& segment) noexcept;
/// The segment that holds an address, or null.
[[nodiscard]] Segment* segment_at(VirtualAddress address) noexcept;

void segments_initialise() noexcept;

} // namespace cw::kernel
