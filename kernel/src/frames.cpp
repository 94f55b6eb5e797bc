// A buddy allocator (Knuth, The Art of Computer Programming 1, 2.5 C). Free blocks hold their own
// list links.
#include <cstring>
#include <cw/kernel/frames.hpp>
#include <cw/kernel/spinlock.hpp>
#include <utility>

namespace cw::kernel::frames {

namespace {

struct FreeBlock {
    FreeBlock* next;
    FreeBlock** link;
};

constexpr std::uint8_t kFree =
    0x80; ///< In the map: first page of a free block; the order is in the low bits.

SpinLock lock;
FreeBlock* free_lists[kMaxOrder + 1];
std::uint8_t* map; ///< One byte per page.
PhysicalAddress ram_begin, ram_end;
Statistics counts;

std::uint64_t page_index(PhysicalAddress address) noexcept {
    return (address - ram_begin) / kPage;
}

void insert(PhysicalAddress block, unsigned order) noexcept {
    auto* entry = direct_as<FreeBlock>(block);
    entry->next = free_lists[order];
    entry->link = &free_lists[order];
    if (entry->next != nullptr)
        entry->next->link = &entry->next;
    free_lists[order] = entry;
    map[page_index(block)] = static_cast<std::uint8_t>(kFree | order);
}

void remove(PhysicalAddress block) noexcept {
    auto* entry = direct_as<FreeBlock>(block);
    *entry->link = entry->next;
    if (entry->next != nullptr)
        entry->next->link = entry->link;
    map[page_index(block)] = 0;
}

void release_locked(PhysicalAddress block, unsigned order) noexcept {
    counts.free_pages += std::uint64_t{1} << order;
    while (order < kMaxOrder) {
        const PhysicalAddress buddy = ram_begin + ((block - ram_begin) ^ (kPage << order));
        if (buddy < ram_begin || buddy + (kPage << order) > ram_end ||
            map[page_index(buddy)] != (kFree | order))
            break;
        remove(buddy);
        block = block < buddy ? block : buddy;
        ++order;
    }
    insert(block, order);
}

/// As it is, not zeroed. Errors: no_memory.
Result<PhysicalAddress> take(unsigned order) noexcept {
    const Locked hold{lock};
    unsigned found = order;
    while (found <= kMaxOrder && free_lists[found] == nullptr)
        ++found;
    if (found > kMaxOrder)
        return refuse(Status::no_memory);
    const PhysicalAddress block = reinterpret_cast<PhysicalAddress>(free_lists[found]) - kDirectMap;
    remove(block);
    while (found > order) {
        --found;
        insert(block + (kPage << found), found);
    }
    counts.free_pages -= std::uint64_t{1} << order;
    return block;
}

/// Makes a stretch available; parts outside of the RAM are ignored.
void add(PhysicalAddress begin, PhysicalAddress end) noexcept {
    begin = round_up(begin < ram_begin ? ram_begin : begin, kPage);
    end = round_down(end > ram_end ? ram_end : end, kPage);
    while (begin < end) {
        unsigned order = kMaxOrder;
        while (order > 0 && (((begin - ram_begin) & ((kPage << order) - 1)) != 0 ||
                             begin + (kPage << order) > end))
            --order;
        counts.total_pages += std::uint64_t{1} << order;
        release_locked(begin, order);
        begin += kPage << order;
    }
}

} // namespace

void initialise(PhysicalAddress begin,
                PhysicalAddress end,
                PhysicalAddress kept_begin,
                PhysicalAddress kept_end,
                PhysicalAddress also_kept_begin,
                PhysicalAddress also_kept_end) noexcept {
    if (also_kept_begin < kept_begin) {
        std::swap(kept_begin, also_kept_begin);
        std::swap(kept_end, also_kept_end);
    }
    ram_begin = round_down(begin, kPage << kMaxOrder);
    ram_end = end;
    const std::uint64_t map_bytes = round_up((ram_end - ram_begin) / kPage, kPage);
    // The map goes into the first gap that holds it.
    const auto clamp = [&](PhysicalAddress address) { return address < begin ? begin : address; };
    const PhysicalAddress gaps[][2] = {{begin, clamp(kept_begin)},
                                       {clamp(kept_end), clamp(also_kept_begin)},
                                       {clamp(also_kept_end), end}};
    PhysicalAddress map_at = 0;
    for (const auto& gap : gaps) {
        if (map_at == 0 && gap[1] > gap[0] && gap[1] - gap[0] >= map_bytes)
            map_at = gap[0];
    }
    map = direct_as<std::uint8_t>(map_at);
    std::memset(map, 0, map_bytes);
    for (const auto& gap : gaps)
        add(gap[0] == map_at ? map_at + map_bytes : gap[0], gap[1]);
}

Result<PhysicalAddress> allocate(AllocationSite& site, unsigned order) noexcept {
    if (!site.may_allocate())
        return refuse(Status::no_memory);
    const auto block = take(order);
    if (!block) { // it publishes how much is free, and so takes the lock
        site.failed();
        return block;
    }
    std::memset(direct(*block), 0, kPage << order);
    site.took_pages(std::uint64_t{1} << order);
    return block;
}

void release(AllocationSite& site, PhysicalAddress block, unsigned order) noexcept {
    site.gave_pages(std::uint64_t{1} << order);
    const Locked hold{lock};
    release_locked(block, order);
}

Statistics statistics() noexcept {
    const Locked hold{lock};
    return counts;
}

} // namespace cw::kernel::frames
