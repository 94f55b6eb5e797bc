// Control cells: who has one open, who may, and who has lost it.
#include "cells.hpp"
#include "modules.hpp"
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>

namespace cw::kernel::cell {

using cells::State;

namespace {

Pool<Opening> opening_pool{"cells.openings"};

/// Errors: those of cells.open.
Status
may_open(const Cell& cell, const ModuleInstance& client, const cells::Wanted& wanted) noexcept {
    using cells::Mode;
    if (wanted.mode > Mode::steal)
        return Status::invalid_argument;
    if (wanted.layout != 0 && wanted.layout != cell.layout)
        return Status::mismatch;
    if (cell.own != nullptr && (client.domain->grants & kGrantPower) == 0)
        return Status::not_permitted;
    if (wanted.mode == Mode::shared && (wanted.lease_ms != 0 || cell.wide()))
        return Status::invalid_argument;
    const Opening* own = opening_of(cell, client);
    if (own == nullptr && client.cells_open == kMaxCellsOpen)
        return Status::no_resource;
    if (own != nullptr && !own->lost)
        return Status::busy;
    if (cell.state == State::rests)
        return Status::ok;
    if (wanted.mode == Mode::steal)
        return (client.domain->grants & kGrantPower) != 0 ? Status::ok : Status::not_permitted;
    return wanted.mode == Mode::shared && cell.state == State::shared ? Status::ok : Status::busy;
}

/// The opening of this client, lost until it is handed the cell; a former one is used again.
Result<Opening*> make_opening(Cell& cell, ModuleInstance& client, bool shared) noexcept {
    CW_CHECK_OK(show_bank(*cell.bank, *client.domain));
    const Place place = CW_TRY(place_for(cell, client, shared));
    Opening* opening = opening_of(cell, client);
    if (opening == nullptr) {
        opening = opening_pool.allocate();
        if (opening == nullptr)
            return refuse(Status::no_memory);
        opening->module = &client;
        opening->next = cell.openings;
        cell.openings = opening;
        ++client.cells_open;
    }
    opening->lost = true;
    opening->place = place;
    return opening;
}

/// The opening has the cell from now on.
void hand_over(Cell& cell, Opening& opening, const cells::Wanted& wanted) noexcept {
    const bool shared = wanted.mode == cells::Mode::shared;
    if (shared && cell.state == State::shared) {
        opening.lost = false;
        return;
    }
    if (const Opening* holder = cell.holder())
        log::line("cell {}: {} takes it from {}",
                  cell.name_text(),
                  opening.module->image->name(),
                  holder->module->image->name());
    const cells::WideValue value = value_of(cell);
    for (Opening* other = cell.openings; other != nullptr; other = other->next)
        other->lost = true;
    opening.lost = false;
    move(cell, &opening.place, value, shared ? State::shared : State::held);
    cell.lease_ms = wanted.lease_ms;
    cell.seen_value = ~std::uint64_t{0};
    cell.seen_renewed = 0;
    cell.seen_at = platform::now();
}

} // namespace

Opening* opening_of(const Cell& cell, const ModuleInstance& module) noexcept {
    Opening* opening = cell.openings;
    while (opening != nullptr && opening->module != &module)
        opening = opening->next;
    return opening;
}

void lose(Cell& cell, Opening& opening) noexcept {
    if (opening.lost)
        return;
    opening.lost = true;
    if (cell.holder() == nullptr) // it was the only one, or the last
        release(cell);
}

void remove(Cell& cell, Opening& opening) noexcept {
    lose(cell, opening);
    Opening** link = &cell.openings;
    while (*link != &opening)
        link = &(*link)->next;
    *link = opening.next;
    --opening.module->cells_open;
    opening_pool.release(&opening);
}

Result<cells::Opened>
open(ModuleInstance& client, std::string_view name, const cells::Wanted& wanted) noexcept {
    Cell* cell = find(name);
    if (cell == nullptr)
        return refuse(Status::not_found);
    CW_CHECK_OK(may_open(*cell, client, wanted));
    if (wanted.lease_ms != 0)
        CW_CHECK_OK(watch_leases());
    Opening* opening = CW_TRY(make_opening(*cell, client, wanted.mode == cells::Mode::shared));
    hand_over(*cell, *opening, wanted);
    return cells::Opened{opening->place.address(),
                         cell->entry_address(),
                         cell->echo_address(),
                         cell->index,
                         cell->epoch};
}

Status close(ModuleInstance& client, const cells::Which& which) noexcept {
    Cell* cell = at(which.index);
    Opening* opening = cell == nullptr ? nullptr : opening_of(*cell, client);
    if (opening == nullptr)
        return Status::not_found;
    // Of a handle that was lost and opened anew, the epoch is another one.
    if (!opening->lost && cell->epoch != which.epoch)
        return Status::not_found;
    remove(*cell, *opening);
    collect(*cell);
    return Status::ok;
}

Result<cells::Holder> holder(std::string_view name) noexcept {
    const Cell* cell = find(name);
    if (cell == nullptr)
        return refuse(Status::not_found);
    cells::Holder reply{};
    for (const Opening* opening = cell->openings; opening != nullptr; opening = opening->next)
        reply.holders += opening->lost ? 0u : 1u;
    if (const Opening* holder = cell->holder())
        holder->module->image->name().copy(reply.module.data(), reply.module.size());
    return reply;
}

} // namespace cw::kernel::cell
