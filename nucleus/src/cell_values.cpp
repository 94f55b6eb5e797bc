// The values of control cells, and where they are.
#include "cells.hpp"
#include <cw/core/cells/move.hpp>

namespace cw::kernel::cell {

namespace {

std::uint64_t epochs;

} // namespace

cells::Line& line_of(const Cell& cell) noexcept {
    return cell.place.layer != nullptr ? cell.place.line() : cell.entry().rest;
}

cells::WideValue value_of(const Cell& cell) noexcept {
    cells::WideValue value{};
    if (!cell.wide())
        value.words[0] = line_of(cell).value.load(Order::relaxed);
    else if (latch_read(cell.place.latch(), value) != Latched::value)
        value = cell.initial; // a holder that does not keep to the rules
    return value;
}

/// Ordering: that of cells::move_to(); a wide value is in its latch before.
void move(Cell& cell,
          const Place* place,
          const cells::WideValue& value,
          cells::State state) noexcept {
    cell.place = place != nullptr ? *place : cell.rest;
    cell.epoch = ++epochs;
    cell.state = state;
    if (cell.wide()) // it goes on wherever a former writer has stopped
        LatchWriter<cells::WideValue>{cell.place.latch()}.publish(value);
    const std::uint64_t address = cell.place.layer != nullptr
                                      ? cell.place.address()
                                      : cell.entry_address() + offsetof(cells::Entry, rest);
    cells::move_to<NativeSync>(
        cell.entry(), line_of(cell), address, cell.wide() ? 0 : value.words[0], cell.epoch, state);
    if (cell.own != nullptr)
        cell.own->moved();
}

void release(Cell& cell) noexcept {
    const bool keep = cell.on_release == cells::OnRelease::keep;
    const cells::WideValue value = keep ? value_of(cell) : cell.initial;
    for (Opening* opening = cell.openings; opening != nullptr; opening = opening->next)
        opening->lost = true;
    cell.lease_ms = 0;
    move(cell, nullptr, value, cells::State::rests);
}

} // namespace cw::kernel::cell
