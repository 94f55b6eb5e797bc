// Leases of control cells: a holder that does not renew its own in time loses the cell.
#include "cells.hpp"
#include "periodic.hpp"
#include <algorithm>

namespace cw::kernel::cell {

namespace {

constexpr std::uint64_t kShortestMs = 10, kLongestMs = 1000; ///< Between two looks.

/// Looks at one cell. Untrusted: the line, in which the holder may write what it likes; it is only
/// compared.
void look_at(Cell& cell, std::uint64_t now) noexcept {
    const cells::Line& line = cell.place.line();
    const std::uint64_t value = cell.wide() ? cell.place.latch().current.load(Order::relaxed)
                                            : line.value.load(Order::relaxed);
    const std::uint64_t renewed = line.renewed.load(Order::relaxed);
    if (value != cell.seen_value || renewed != cell.seen_renewed) {
        cell.seen_value = value;
        cell.seen_renewed = renewed;
        cell.seen_at = now;
    }
    if (now - cell.seen_at > cell.lease_ms * (ticks_per_second() / 1000))
        release(cell);
}

std::uint64_t look_at_all() noexcept {
    const std::uint64_t now = platform::now();
    std::uint64_t shortest = ~std::uint64_t{0};
    for (std::uint32_t index = 0; index < kMaxCells; ++index) {
        Cell* cell = at(index);
        if (cell == nullptr || cell->lease_ms == 0)
            continue;
        shortest = std::min<std::uint64_t>(shortest, cell->lease_ms);
        look_at(*cell, now);
    }
    return shortest == ~std::uint64_t{0} ? 0 : std::clamp(shortest / 4, kShortestMs, kLongestMs);
}

Periodic looks{look_at_all};

} // namespace

Status watch_leases() noexcept {
    return looks.start(kShortestMs);
}

} // namespace cw::kernel::cell
