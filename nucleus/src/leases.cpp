// Leases: a variable that its publisher does not renew in time is stale, and says so to readers
// that do not look at clocks.
#include "directory.hpp"
#include "modules.hpp"
#include "periodic.hpp"
#include <algorithm>

namespace cw::kernel::directory {

namespace {

constexpr std::uint64_t kShortestMs = 10, kLongestMs = 1000; ///< Between two looks.

/// Looks at one variable. Untrusted: the latch, in which the publisher may write what it likes; it
/// is only compared.
void look_at(std::uint32_t index, std::uint64_t now) noexcept {
    Private& own = private_of(index);
    const Entry& entry = entry_of(index);
    const auto& current = *segment_view_as<const Atomic<std::uint64_t>>(
        *own.group->segment, entry.offset.load(Order::relaxed));
    const std::uint64_t seen = current.load(Order::relaxed);
    if (seen != own.seen) {
        own.seen = seen;
        own.seen_at = now;
    }
    const std::uint64_t lease = own.lease_ms * (ticks_per_second() / 1000);
    own.stale = now - own.seen_at > lease;
    refresh(index);
}

std::uint64_t look_at_all() noexcept {
    const std::uint64_t now = platform::now();
    std::uint64_t shortest = ~std::uint64_t{0};
    for (std::uint32_t index = 0; index < count(); ++index) {
        const Private& own = private_of(index);
        if (own.lease_ms == 0 || !own.published)
            continue;
        look_at(index, now);
        shortest = std::min<std::uint64_t>(shortest, own.lease_ms);
    }
    return shortest == ~std::uint64_t{0} ? 0 : std::clamp(shortest / 4, kShortestMs, kLongestMs);
}

Periodic looks{look_at_all};

} // namespace

void watch_leases() noexcept {
    static_cast<void>(looks.start(kShortestMs)); // without memory, the next one tries again
}

} // namespace cw::kernel::directory
