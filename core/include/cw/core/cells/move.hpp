// How the nucleus moves a cell from one line to another one, while its owner reads.
#pragma once
#include <cstdint>
#include <cw/core/cells/layout.hpp>

namespace cw::cells {

/// From now on the owner reads `line`, which it has at `address`. Requires: the epoch is greater
/// than any before; nobody writes the line any more, but who is given it. Ordering: [R71] release,
/// pairs with [A71] in the owner: who finds the line finds the value, and not what a former holder
/// has left there. [R74] release, pairs with [A74]: who sees the epoch finds this line or a later
/// one from then on.
template <class Sync>
void move_to(EntryOf<Sync>& entry,
             LineOf<Sync>& line,
             std::uint64_t address,
             std::uint64_t value,
             std::uint64_t epoch,
             State state) noexcept {
    line.value.store(value, Order::relaxed);
    line.renewed.store(0, Order::relaxed);
    entry.address.store(address, Order::release);            // [R71]
    entry.hold.store(hold_of(epoch, state), Order::release); // [R74]
}

} // namespace cw::cells
