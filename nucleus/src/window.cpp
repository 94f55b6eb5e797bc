#include <cstddef>
#include <cw/abi/layout.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/window.hpp>

namespace cw::kernel {

namespace {

constexpr std::size_t kMaxFreeRanges = 256;

struct Range {
    VirtualAddress base;
    std::uint64_t bytes;
};

/// Segments begin somewhere in the lower part of the window, elsewhere after every boot: who has
/// learnt an address knows nothing of the next system's.
constexpr std::uint64_t kSpread = std::uint64_t{64} << 30;

struct Fresh {
    VirtualAddress begin = abi::kWindowBase + random_seed() % (kSpread / kMegaPage) * kMegaPage;
    VirtualAddress next = begin;
    VirtualAddress end = abi::kWindowEnd;
};
/// Addresses that were never used. Made when the first is asked for.
Fresh& fresh() noexcept {
    static Fresh addresses;
    return addresses;
}

/// Goes on below where it began, when it has come to the end. False: it has done that already.
bool go_round(Fresh& addresses) noexcept {
    if (addresses.end != abi::kWindowEnd)
        return false;
    addresses.next = abi::kWindowBase;
    addresses.end = addresses.begin;
    return true;
}

Range free_ranges[kMaxFreeRanges];
std::size_t free_range_count;

} // namespace

Result<VirtualAddress> window_reserve(std::uint64_t bytes) noexcept {
    const std::uint64_t unit = bytes >= kMegaPage ? kMegaPage : kPage;
    const std::uint64_t wanted = window_bytes(bytes);
    for (std::size_t i = 0; i < free_range_count; ++i) {
        const VirtualAddress base = round_up(free_ranges[i].base, unit);
        if (free_ranges[i].base + free_ranges[i].bytes >= base + wanted) {
            const Range old = free_ranges[i];
            free_ranges[i] = free_ranges[--free_range_count];
            if (base != old.base && free_range_count < kMaxFreeRanges)
                free_ranges[free_range_count++] = {old.base, base - old.base};
            if (old.base + old.bytes != base + wanted && free_range_count < kMaxFreeRanges)
                free_ranges[free_range_count++] = {base + wanted,
                                                   old.base + old.bytes - base - wanted};
            return base;
        }
    }
    Fresh& addresses = fresh();
    do {
        const VirtualAddress base = round_up(addresses.next, unit);
        if (base <= addresses.end && wanted <= addresses.end - base) {
            addresses.next = base + wanted;
            return base;
        }
    } while (go_round(addresses));
    return refuse(Status::no_resource);
}

void window_release(VirtualAddress base, std::uint64_t addresses) noexcept {
    Range range{base, addresses};
    for (std::size_t i = 0; i < free_range_count;) {
        if (free_ranges[i].base + free_ranges[i].bytes == range.base) {
            range = {free_ranges[i].base, free_ranges[i].bytes + range.bytes};
        } else if (range.base + range.bytes == free_ranges[i].base) {
            range.bytes += free_ranges[i].bytes;
        } else {
            ++i;
            continue;
        }
        free_ranges[i] = free_ranges[--free_range_count];
        i = 0;
    }
    if (free_range_count < kMaxFreeRanges)
        free_ranges[free_range_count++] = range; // else the addresses are lost, not the memory
}

} // namespace cw::kernel
