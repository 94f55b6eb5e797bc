// The clock, as the nucleus keeps it. Private to the nucleus.
#pragma once
#include <cstdint>

namespace cw::kernel {

/// Publishes time/scale. Context: boot, when variables can be published.
void clock_initialise() noexcept;

/// Publishes it anew if the host's clock is not what it was. Once a second is enough, while it is
/// read. Locks: kernel_lock held.
void clock_follow() noexcept;

struct TimeNow {
    std::uint64_t boot_ns; ///< Since boot.
    std::uint64_t wall_ns; ///< Since 1970, UTC; 0: nobody knows.
};
/// Locks: kernel_lock held.
[[nodiscard]] TimeNow time_now() noexcept;

} // namespace cw::kernel
