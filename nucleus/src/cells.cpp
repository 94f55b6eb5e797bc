// Control cells: made, found, destroyed, and what becomes of them when somebody ends.
#include "cells.hpp"
#include "modules.hpp"
#include <cstring>

namespace cw::kernel {

namespace cell {

using cells::State;

namespace {

constexpr std::uint32_t kBuckets = 256;

Pool<Cell> cell_pool{"cells.records"};
Cell* by_index[kMaxCells];
std::uint32_t cell_count; ///< Indices that were ever used.
Cell* buckets[kBuckets];  ///< Of cells that are not gone, by name.

Cell*& bucket_of(std::string_view name) noexcept {
    return buckets[abi::signature_hash(name.data(), name.size()) % kBuckets];
}

Result<std::uint32_t> free_index() noexcept {
    for (std::uint32_t index = 0; index < cell_count; ++index) {
        if (by_index[index] == nullptr)
            return index;
    }
    if (cell_count == kMaxCells)
        return refuse(Status::no_resource);
    return cell_count++;
}

/// Its owner has it no more. Those who have it open keep what they see.
void kill(Cell& cell) noexcept {
    for (Opening* opening = cell.openings; opening != nullptr; opening = opening->next)
        opening->lost = true;
    cell.lease_ms = 0;
    move(cell, nullptr, cell.initial, State::gone);
    Cell** link = &bucket_of(cell.name_text());
    while (*link != &cell)
        link = &(*link)->same_bucket;
    *link = cell.same_bucket;
}

cells::Type type_of(std::string_view schema) noexcept {
    if (schema == ":bool" || schema == ":char" || schema.starts_with(":u"))
        return cells::Type::is_unsigned;
    return schema.starts_with(":i") ? cells::Type::is_signed : cells::Type::record;
}

} // namespace

Cell* find(std::string_view name) noexcept {
    Cell* cell = bucket_of(name);
    while (cell != nullptr && cell->name_text() != name)
        cell = cell->same_bucket;
    return cell;
}

void collect(Cell& cell) noexcept {
    if (cell.state != State::gone || cell.openings != nullptr)
        return;
    Bank& bank = *cell.bank;
    bank.used &= ~(std::uint64_t{1} << cell.slot);
    by_index[cell.index] = nullptr;
    cell_pool.release(&cell);
    if (bank.owner == nullptr && bank.used == 0)
        bank_free(bank);
}

Cell* at(std::uint64_t index) noexcept {
    return index < cell_count ? by_index[index] : nullptr;
}

Result<cells::Created> create(ModuleInstance& owner, const Wish& wish) noexcept {
    if (find(wish.name) != nullptr)
        return refuse(Status::already_exists);
    const std::uint32_t index = CW_TRY(free_index());
    Bank* bank = CW_TRY(bank_with_room(owner, wish.request.bytes > 8));
    Cell* made = cell_pool.allocate();
    if (made == nullptr)
        return refuse(Status::no_memory);
    made->bank = bank;
    made->own = wish.own;
    made->slot = static_cast<std::uint32_t>(__builtin_ctzll(~bank->used));
    made->index = index;
    made->layout = wish.request.layout;
    made->bytes = wish.request.bytes;
    made->on_release = wish.request.on_release;
    std::memcpy(made->initial.words, wish.request.initial, sizeof(made->initial.words));
    made->name_bytes = static_cast<std::uint32_t>(wish.name.size());
    std::memcpy(made->name, wish.name.data(), wish.name.size());
    if (made->wide()) {
        const auto rest = place_for_rest(*made);
        if (!rest) {
            cell_pool.release(made);
            return refuse(rest.error());
        }
        made->rest = *rest;
    }
    cells::Entry& entry = made->entry();
    entry.min = wish.request.min;
    entry.max = wish.request.max;
    entry.bytes = made->bytes;
    entry.type = type_of(wish.schema);
    for (auto* word : {&made->echo().value, &made->echo().epoch, &made->echo().rejects})
        word->store(0, Order::relaxed);
    move(*made, nullptr, made->initial, State::rests);
    made->born = made->epoch;
    bank->used |= std::uint64_t{1} << made->slot;
    by_index[index] = made;
    made->same_bucket = bucket_of(wish.name);
    bucket_of(wish.name) = made;
    return cells::Created{made->entry_address(), made->echo_address(), index, made->born};
}

Status destroy(ModuleInstance& owner, const cells::Which& which) noexcept {
    Cell* cell = at(which.index);
    if (cell == nullptr || cell->bank->owner != &owner || cell->born != which.epoch ||
        cell->state == State::gone)
        return Status::not_found;
    kill(*cell);
    collect(*cell);
    return Status::ok;
}

Result<cells::Look> look(std::string_view name) noexcept {
    const Cell* cell = find(name);
    if (cell == nullptr)
        return refuse(Status::not_found);
    const cells::Entry& entry = cell->entry();
    return cells::Look{cell->wide() ? 0 : value_of(*cell).words[0],
                       cell->echo().value.load(Order::relaxed),
                       cell->echo().epoch.load(Order::relaxed),
                       cell->echo().rejects.load(Order::relaxed),
                       cells::hold_of(cell->epoch, cell->state),
                       entry.bytes,
                       static_cast<std::uint32_t>(entry.type)};
}

void end_of(ModuleInstance& instance) noexcept {
    for (std::uint32_t index = 0; index < cell_count; ++index) {
        Cell* cell = by_index[index];
        if (cell == nullptr || cell->state == State::gone)
            continue;
        if (cell->bank->owner == &instance)
            kill(*cell);
        else if (Opening* opening = opening_of(*cell, instance))
            lose(*cell, *opening);
    }
}

void detach(ModuleInstance& instance) noexcept {
    end_of(instance);
    for (Bank* bank = all_banks(); bank != nullptr; bank = bank->next)
        bank->owner = bank->owner == &instance ? nullptr : bank->owner;
    for (std::uint32_t index = 0; index < cell_count; ++index) {
        Cell* cell = by_index[index];
        if (cell == nullptr)
            continue;
        if (Opening* opening = opening_of(*cell, instance))
            remove(*cell, *opening);
        collect(*cell);
    }
    layers_retire(instance);
    for (Bank *bank = all_banks(), *next = nullptr; bank != nullptr; bank = next) {
        next = bank->next;
        if (bank->owner == nullptr && bank->used == 0) // it had destroyed all of its cells
            bank_free(*bank);
    }
}

} // namespace cell

void cells_end(ModuleInstance& instance) noexcept {
    cell::end_of(instance);
}
void cells_detach(ModuleInstance& instance) noexcept {
    cell::detach(instance);
}

} // namespace cw::kernel
