#include <cstddef>
#include <cw/abi/layout.hpp>
#include <cw/nucleus/window.hpp>

namespace cw::kernel {

namespace {

constexpr std::size_t kMaxFreeRanges = 256;

struct Range {
    VirtualAddress base;
    std::uint64_t bytes;
};

VirtualAddress window_next = abi::kWindowBase;
Range free_ranges[kMaxFreeRanges];
std::size_t free_range_count;

} // namespace

Result<VirtualAddress> window_reserve(std::uint64_t bytes) noexcept {
    const std::uint64_t unit = bytes >= kMegaPage ? kMegaPage : kPage;
    const std::uint64_t wanted = round_up(bytes, kPage) + kPage;
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
    const VirtualAddress base = round_up(window_next, unit);
    if (wanted > abi::kWindowEnd - base)
        return refuse(Status::no_resource);
    window_next = base + wanted;
    return base;
}

void window_release(VirtualAddress base, std::uint64_t bytes) noexcept {
    Range range{base, round_up(bytes, kPage) + kPage};
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
