// Segments: each a sealed memfd at one address of the window, in every process that may see it.
#include "files.hpp"
#include "sanitizer.hpp"
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/pool.hpp>
#include <cw/nucleus/window.hpp>
#include <fcntl.h>
#include <fstream>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace cw::hosted {

namespace {

/// Where the nucleus sees all segments, writable: at the same distance from here as in the window.
constexpr VirtualAddress kViewBase = sanitizer::kOneView   ? abi::kWindowBase
                                     : sanitizer::kAddress ? 0x2000'0000'0000
                                                           : 0x80'0000'0000;

Pool<Segment> pool{"segments.records"};
AllocationSite mappings_of_segments{"segments.mappings"};
Segment* all_segments;
/// Changed under kernel_lock, looked at without.
std::atomic<std::uint64_t> pages_in_use;

struct Lent {
    std::span<const std::byte> stretch;
    int descriptor;
};
std::vector<Lent> all_lent;

int protection_of(std::uint64_t rights) noexcept {
    return ((rights & kRightRead) != 0 ? PROT_READ : 0) |
           ((rights & kRightWrite) != 0 ? PROT_WRITE : 0) |
           ((rights & kRightExecute) != 0 ? PROT_EXEC : 0);
}

bool reserve(VirtualAddress base, std::uint64_t bytes) noexcept {
    void* const got = mmap(reinterpret_cast<void*>(base),
                           bytes,
                           PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
                           -1,
                           0);
    if (got == reinterpret_cast<void*>(base))
        return true;
    if (got != MAP_FAILED) // a Linux before 4.17
        munmap(got, bytes);
    return false;
}

/// Nothing is at these addresses of ours any more; they stay ours.
void take_from_nucleus(VirtualAddress base, std::uint64_t bytes) noexcept {
    CW_ASSERT(mmap(reinterpret_cast<void*>(base),
                   bytes,
                   PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
                   -1,
                   0) != MAP_FAILED);
}

/// Kernel-placed modules see nothing there any more.
void take_from_modules(VirtualAddress base, std::uint64_t bytes) noexcept {
    if (!sanitizer::kOneView)
        take_from_nucleus(base, bytes);
}

int open_to_read(int descriptor) noexcept {
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    return ::open(path, O_RDONLY | O_CLOEXEC);
}

/// Gives the segment memory for [0, bytes), zeroed where it is new.
Status grow_file(Segment& segment, std::uint64_t bytes) noexcept {
    if (segment.memory == 0) {
        const int made = memfd_create(segment.site->name().data(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (made < 0)
            return Status::no_resource;
        segment.memory = made + 1;
        segment.view = reinterpret_cast<std::byte*>(segment.base - abi::kWindowBase + kViewBase);
    }
    if (bytes <= segment.file_bytes)
        return Status::ok;
    const int memory = segment.memory - 1;
    // Who sees it writable could cut it off under us: not after this seal.
    if (ftruncate(memory, static_cast<off_t>(bytes)) != 0 ||
        fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) != 0)
        return Status::no_memory;
    if (mmap(segment.view, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, 0) ==
        MAP_FAILED)
        return Status::no_memory;
    segment.file_bytes = bytes;
    return Status::ok;
}

const Borrowed* borrowed_at(const Segment& segment, std::uint64_t offset) noexcept {
    for (std::uint32_t i = 0; i < segment.borrowed_count; ++i) {
        const Borrowed& stretch = segment.borrowed[i];
        if (offset >= stretch.offset && offset - stretch.offset < stretch.bytes)
            return &stretch;
    }
    return nullptr;
}

void take_away(Segment& segment, Domain& domain) noexcept {
    files_lose(domain, segment);
    if (domain.is_kernel()) {
        take_from_modules(segment.base, segment.bytes);
    } else {
        tell_map(domain, segment.base, segment.bytes, -1, 0, PROT_NONE);
        note_withdrawn(segment, domain);
    }
    segment.seen_by[domain.id / 64] &= ~(std::uint64_t{1} << domain.id % 64);
    --segment.mappings;
    mappings_of_segments.freed();
}

void free_segment(Segment& segment) noexcept {
    if (segment.view != nullptr)
        take_from_nucleus(reinterpret_cast<VirtualAddress>(segment.view),
                          round_up(segment.file_bytes, kPage));
    for (const int descriptor : {segment.memory - 1, segment.memory_to_read - 1}) {
        if (descriptor >= 0)
            ::close(descriptor);
    }
    pages_in_use.fetch_sub(segment.pages, std::memory_order_relaxed);
    segment.site->gave_pages(segment.pages);
    free_addresses(segment);
    Segment** link = &all_segments;
    while (*link != &segment)
        link = &(*link)->next;
    *link = segment.next;
    segment.site->freed();
    pool.release(&segment);
}

} // namespace

std::string reserve_windows() {
    const std::uint64_t bytes = abi::kWindowEnd - abi::kWindowBase;
    sanitizer::open_window(abi::kWindowBase, bytes);
    if (reserve(abi::kWindowBase, bytes) && (sanitizer::kOneView || reserve(kViewBase, bytes)))
        return {};
    std::string occupants;
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
        const std::uint64_t begin = std::strtoull(line.c_str(), nullptr, 16);
        const bool inside = (begin >= abi::kWindowBase && begin < abi::kWindowEnd) ||
                            (begin >= kViewBase && begin < kViewBase + bytes);
        if (inside && line.find("---p") == std::string::npos)
            occupants += "\n  " + line;
    }
    if (occupants.empty()) // a limit then
        return "the address space for segments cannot be reserved (ulimit -v?)";
    return "the address window of segments is taken by" + occupants;
}

void lend(std::span<const std::byte> stretch, int descriptor) noexcept {
    all_lent.push_back({stretch, descriptor});
}

std::span<const std::byte> make_sealed(const char* name,
                                       std::span<const std::byte> bytes) noexcept {
    const int memory = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return {};
    const std::uint64_t rounded = round_up(bytes.size(), kPage);
    bool whole = ftruncate(memory, static_cast<off_t>(rounded)) == 0;
    for (std::size_t done = 0; whole && done < bytes.size();) {
        const ssize_t wrote = write(memory, bytes.data() + done, bytes.size() - done);
        whole = wrote > 0;
        done += whole ? static_cast<std::size_t>(wrote) : 0;
    }
    whole =
        whole &&
        fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
    const int to_read = whole ? open_to_read(memory) : -1;
    ::close(memory);
    if (to_read < 0)
        return {};
    void* const where = mmap(nullptr, rounded, PROT_READ, MAP_SHARED, to_read, 0);
    if (where == MAP_FAILED) {
        ::close(to_read);
        return {};
    }
    lend({static_cast<const std::byte*>(where), rounded}, to_read);
    return {static_cast<const std::byte*>(where), rounded};
}

void tell_map(Domain& domain,
              VirtualAddress address,
              std::uint64_t bytes,
              int descriptor,
              std::uint64_t offset,
              int protection) noexcept {
    send(domain,
         {.kind = descriptor < 0 ? CommandKind::unmap : CommandKind::map,
          .index = 0,
          .address = address,
          .bytes = bytes,
          .offset = offset,
          .rights = static_cast<std::uint64_t>(protection),
          .reserved = {}},
         descriptor);
}

} // namespace cw::hosted

namespace cw::kernel {

using namespace hosted;

void segments_initialise() noexcept {}

Result<Segment*>
segment_reserve(Domain& owner, std::uint64_t bytes, AllocationSite& site) noexcept {
    reuse_addresses();
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
segment_create(Domain& owner, std::uint64_t bytes, Backing, AllocationSite& site) noexcept {
    Segment* segment = CW_TRY(segment_reserve(owner, bytes, site));
    Status status = segment_populate(*segment, 0, segment->bytes);
    if (status == Status::ok &&
        fcntl(segment->memory - 1, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL) != 0)
        status = Status::no_resource;
    if (status != Status::ok) {
        free_segment(*segment);
        return refuse(status);
    }
    return segment;
}

Status segment_populate(Segment& segment, std::uint64_t offset, std::uint64_t bytes) noexcept {
    bytes = round_up(bytes, kPage);
    if (!segment.site->may_allocate())
        return Status::no_memory;
    const Status status =
        bytes / kPage > page_counts().free ? Status::no_memory : grow_file(segment, offset + bytes);
    if (status != Status::ok) {
        segment.site->failed();
        return status;
    }
    segment.pages += bytes / kPage;
    segment.populated_end = std::max(segment.populated_end, offset + bytes);
    pages_in_use.fetch_add(bytes / kPage, std::memory_order_relaxed);
    segment.site->took_pages(bytes / kPage);
    segment.site->publish();
    return Status::ok;
}

void segment_depopulate(Segment& segment, std::uint64_t offset, std::uint64_t bytes) noexcept {
    if (bytes == 0 || segment.memory == 0)
        return;
    for (std::uint32_t id = 0; id < kMaxDomains; ++id) {
        Domain* domain = domain_by_id(id);
        if (domain == nullptr || !segment_seen(segment, *domain))
            continue;
        if (domain->is_kernel())
            mprotect(reinterpret_cast<void*>(segment.base + offset), bytes, PROT_NONE);
        else
            tell_map(*domain, segment.base + offset, bytes, -1, 0, PROT_NONE);
    }
    fallocate(segment.memory - 1,
              FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              static_cast<off_t>(offset),
              static_cast<off_t>(bytes));
    // What a caller could not populate to its end it takes away whole.
    const std::uint64_t end = std::min(offset + bytes, segment.populated_end);
    if (end <= offset)
        return;
    if (offset + bytes >= segment.populated_end)
        segment.populated_end = offset;
    segment.pages -= (end - offset) / kPage;
    pages_in_use.fetch_sub((end - offset) / kPage, std::memory_order_relaxed);
    segment.site->gave_pages((end - offset) / kPage);
    segment.site->publish();
}

Status segment_borrow(Segment& segment,
                      std::uint64_t offset,
                      const void* pages,
                      std::uint64_t bytes) noexcept {
    const auto* where = static_cast<const std::byte*>(pages);
    for (const Lent& lent : all_lent) {
        if (where < lent.stretch.data() || where >= lent.stretch.data() + lent.stretch.size())
            continue;
        if (segment.borrowed_count == std::size(segment.borrowed))
            return Status::no_resource;
        segment.borrowed[segment.borrowed_count++] = {
            offset,
            round_up(bytes, kPage),
            where,
            lent.descriptor,
            static_cast<std::uint64_t>(where - lent.stretch.data())};
        return Status::ok;
    }
    return Status::invalid_argument;
}

Status segment_map(Segment& segment,
                   Domain& domain,
                   std::uint64_t offset,
                   std::uint64_t bytes,
                   std::uint64_t rights) noexcept {
    if (!mappings_of_segments.may_allocate())
        return Status::no_memory;
    bytes = round_up(bytes, kPage);
    int descriptor = segment.memory - 1;
    std::uint64_t file_offset = offset;
    if (const Borrowed* stretch = borrowed_at(segment, offset)) {
        descriptor = stretch->descriptor;
        file_offset = stretch->file_offset + (offset - stretch->offset);
    } else if ((rights & kRightWrite) == 0) {
        // Without the right to write there is no descriptor with which to get it.
        if (segment.memory_to_read == 0) {
            const int opened = open_to_read(descriptor);
            if (opened < 0)
                return Status::no_resource;
            segment.memory_to_read = opened + 1;
        }
        descriptor = segment.memory_to_read - 1;
    }
    if (!segment_seen(segment, domain)) {
        segment.seen_by[domain.id / 64] |= std::uint64_t{1} << domain.id % 64;
        ++segment.mappings;
        mappings_of_segments.allocated();
    }
    if (!domain.is_kernel()) {
        note_shown(segment, domain);
        tell_map(
            domain, segment.base + offset, bytes, descriptor, file_offset, protection_of(rights));
        if ((rights & kRightWrite) != 0 && bytes == segment.bytes)
            files_see(domain, segment);
        return Status::ok;
    }
    if (sanitizer::kOneView && borrowed_at(segment, offset) == nullptr)
        return mprotect(reinterpret_cast<void*>(segment.base + offset),
                        bytes,
                        ((rights & kRightExecute) != 0 ? 0 : PROT_WRITE) | protection_of(rights)) ==
                       0
                   ? Status::ok
                   : Status::no_memory;
    return mmap(reinterpret_cast<void*>(segment.base + offset),
                bytes,
                protection_of(rights),
                MAP_SHARED | MAP_FIXED,
                descriptor,
                static_cast<off_t>(file_offset)) == MAP_FAILED
               ? Status::no_memory
               : Status::ok;
}

void segment_unmap(Segment& segment, Domain& domain) noexcept {
    if (!segment_seen(segment, domain))
        return;
    take_away(segment, domain);
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
            if (domain != nullptr && segment_seen(*segment, *domain))
                take_away(*segment, *domain);
        }
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
        if (segment_seen(*segment, owner))
            segment_unmap(*segment, owner);
        else if (own && segment->mappings == 0)
            free_segment(*segment);
        segment = next;
    }
}

void* segment_view(const Segment& segment, std::uint64_t offset) noexcept {
    if (const Borrowed* stretch = borrowed_at(segment, offset)) // only ever read
        return const_cast<std::byte*>(stretch->where + (offset - stretch->offset));
    CW_ASSERT(offset < segment.file_bytes);
    return segment.view + offset;
}

void segment_write(const Segment& segment,
                   std::uint64_t offset,
                   const void* data,
                   std::uint64_t bytes) noexcept {
    std::memcpy(segment_view(segment, offset), data, bytes);
}

std::uint64_t segment_pages(const Segment& segment) noexcept {
    return segment.bytes / kPage;
}

Segment* segment_at(VirtualAddress address) noexcept {
    for (Segment* segment = all_segments; segment != nullptr; segment = segment->next) {
        if (address >= segment->base && address - segment->base < segment->bytes)
            return segment;
    }
    return nullptr;
}

/// "memory=MEGABYTES" among the words that started the system; else half of what the machine has.
std::uint64_t memory_limit() noexcept {
    constexpr std::string_view kWord = "memory=";
    const std::size_t at = boot_arguments().find(kWord);
    if (at == std::string_view::npos)
        return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) / 2;
    return std::strtoull(boot_arguments().data() + at + kWord.size(), nullptr, 10) *
           (kMegaPage / 2 / kPage);
}

PageCounts page_counts() noexcept {
    static const std::uint64_t total = memory_limit();
    const std::uint64_t used = pages_in_use.load(std::memory_order_relaxed);
    return {total, total > used ? total - used : 0};
}

std::size_t
read_domain(const Domain& domain, VirtualAddress from, void* into, std::size_t bytes) noexcept {
    const Segment* segment = segment_at(from);
    if (segment == nullptr || !segment_seen(*segment, domain))
        return 0;
    const std::uint64_t offset = from - segment->base;
    const Borrowed* stretch = borrowed_at(*segment, offset);
    const std::uint64_t end =
        stretch != nullptr ? stretch->offset + stretch->bytes : segment->file_bytes;
    if (offset >= end)
        return 0;
    const std::size_t count = std::min<std::uint64_t>(bytes, end - offset);
    std::memcpy(into, segment_view(*segment, offset), count);
    return count;
}

Result<void*> pages_allocate(AllocationSite& site, unsigned order) noexcept {
    if (!site.may_allocate())
        return refuse(Status::no_memory);
    const std::uint64_t pages = std::uint64_t{1} << order;
    const std::uint64_t bytes = pages * kPage;
    // Twice as much has an aligned block in it.
    void* const found = pages > page_counts().free ? MAP_FAILED
                                                   : mmap(nullptr,
                                                          2 * bytes - kPage,
                                                          PROT_READ | PROT_WRITE,
                                                          MAP_PRIVATE | MAP_ANONYMOUS,
                                                          -1,
                                                          0);
    if (found == MAP_FAILED) {
        site.failed();
        return refuse(Status::no_memory);
    }
    const auto begin = reinterpret_cast<std::uint64_t>(found);
    const std::uint64_t block = round_up(begin, bytes);
    if (block != begin)
        munmap(found, block - begin);
    if (const std::uint64_t behind = begin + bytes - kPage - block; behind != 0)
        munmap(reinterpret_cast<void*>(block + bytes), behind);
    pages_in_use.fetch_add(pages, std::memory_order_relaxed);
    site.took_pages(pages);
    return reinterpret_cast<void*>(block);
}

void pages_release(AllocationSite& site, void* block, unsigned order) noexcept {
    munmap(block, kPage << order);
    pages_in_use.fetch_sub(std::uint64_t{1} << order, std::memory_order_relaxed);
    site.gave_pages(std::uint64_t{1} << order);
}

} // namespace cw::kernel
