// Page frames: physical memory in blocks of 2^order pages.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/kernel/layout.hpp>
#include <cw/nucleus/kmem.hpp>

namespace cw::kernel::frames {

inline constexpr unsigned kMaxOrder = 10; ///< 4 MiB.

/// Makes [begin, end) available except for two stretches in it (the boot archive, the device tree).
/// Requires: once, before anything else here; all of it is RAM and in the direct map.
void initialise(PhysicalAddress begin,
                PhysicalAddress end,
                PhysicalAddress kept_begin,
                PhysicalAddress kept_end,
                PhysicalAddress also_kept_begin,
                PhysicalAddress also_kept_end) noexcept;

/// A zeroed, naturally aligned block of 2^order pages, for this site. Errors: no_memory. Locks:
/// kernel_lock held, for the site.
[[nodiscard]] Result<PhysicalAddress> allocate(AllocationSite& site, unsigned order = 0) noexcept;
/// Of a block, or of a part of one that is a block.
void release(AllocationSite& site, PhysicalAddress block, unsigned order = 0) noexcept;

struct Statistics {
    std::uint64_t total_pages;
    std::uint64_t free_pages;
};
[[nodiscard]] Statistics statistics() noexcept;

} // namespace cw::kernel::frames
