// The memory of control cells: banks and layers, and who may see which.
#include "cells.hpp"
#include "modules.hpp"
#include <cw/nucleus/host.hpp>

namespace cw::kernel {

namespace cell {

namespace {

/// Layers of clients that have ended are kept for new clients of that bank, but not at once: an
/// owner that was stopped between finding a line and reading it would read what a client wrote
/// there that has never opened that cell. (Within its limits, as always.) So many clients later it
/// has gone on.
constexpr std::uint32_t kResting = 8;

Pool<Bank> bank_pool{"cells.banks"};
Pool<Layer> layer_pool{"cells.layers"};
AllocationSite table_site{"cells.tables"};
AllocationSite echo_site{"cells.echoes"};
AllocationSite line_site{"cells.lines"};
Bank* banks;

Place place_in(Layer& layer, const Cell& cell) noexcept {
    return {&layer, cell.slot * (cell.wide() ? sizeof(cells::WideLine) : std::uint64_t{64})};
}

/// No other user domain's code can write it.
bool only_written_in(const Layer& layer, const Domain& domain) noexcept {
    for (std::uint32_t word = 0; word < kMaxDomains / 64; ++word) {
        std::uint64_t allowed = word == 0 ? 1 : 0; // the kernel
        if (word == domain.id / 64)
            allowed |= std::uint64_t{1} << domain.id % 64;
        if ((layer.writers[word] & ~allowed) != 0)
            return false;
    }
    return true;
}

/// The oldest layer of a client that has ended, if there are enough of them; else null.
Layer* rested_layer(const Bank& bank, const Domain& domain) noexcept {
    Layer* oldest = nullptr;
    std::uint32_t resting = 0;
    for (Layer* layer = bank.layers; layer != nullptr; layer = layer->next) {
        if (layer->use != Layer::Use::client || layer->client != nullptr ||
            !only_written_in(*layer, domain))
            continue;
        ++resting;
        oldest = layer;
    }
    return resting >= kResting ? oldest : nullptr;
}

void put_first(Bank& bank, Layer& layer) noexcept {
    for (Layer** link = &bank.layers; *link != nullptr; link = &(*link)->next) {
        if (*link == &layer) {
            *link = layer.next;
            break;
        }
    }
    layer.next = bank.layers;
    bank.layers = &layer;
}

Result<Layer*> new_layer(Bank& bank, Layer::Use use) noexcept {
    if (!leaves_enough(kPage))
        return refuse(Status::no_memory);
    Layer* layer = layer_pool.allocate();
    if (layer == nullptr)
        return refuse(Status::no_memory);
    const auto made = segment_create(kernel_domain(), kPage, Backing::contiguous, line_site);
    if (!made) {
        layer_pool.release(layer);
        return refuse(made.error());
    }
    Domain& owner = *bank.owner->domain;
    if (const Status status = segment_map(**made, owner, kRightRead); status != Status::ok) {
        segment_withdraw(**made);
        layer_pool.release(layer);
        return refuse(status);
    }
    layer->segment = *made;
    layer->use = use;
    put_first(bank, *layer);
    // It may sleep for long, and is to look at what it was shown.
    if (!owner.is_kernel() && owner.executor != nullptr && owner.executor->thread != nullptr)
        thread_wake(*owner.executor->thread);
    return layer;
}

/// Of this use; for a client, its own.
Result<Layer*> layer_for(Bank& bank, Layer::Use use, ModuleInstance* client) noexcept {
    for (Layer* layer = bank.layers; layer != nullptr; layer = layer->next) {
        if (layer->use == use && layer->client == client)
            return layer;
    }
    Layer* layer = client != nullptr ? rested_layer(bank, *client->domain) : nullptr;
    if (layer == nullptr)
        layer = CW_TRY(new_layer(bank, use));
    layer->client = client;
    put_first(bank, *layer);
    return layer;
}

} // namespace

Bank* all_banks() noexcept {
    return banks;
}

Result<Bank*> bank_with_room(ModuleInstance& owner, bool wide) noexcept {
    for (Bank* bank = banks; bank != nullptr; bank = bank->next) {
        if (bank->owner == &owner && bank->wide == wide && bank->used != bank->full())
            return bank;
    }
    if (!leaves_enough(2 * kPage))
        return refuse(Status::no_memory);
    Bank* bank = bank_pool.allocate();
    if (bank == nullptr)
        return refuse(Status::no_memory);
    const auto build = [&]() -> Result<Nothing> {
        bank->table =
            CW_TRY(segment_create(kernel_domain(), kPage, Backing::contiguous, table_site));
        bank->echoes =
            CW_TRY(segment_create(kernel_domain(), kPage, Backing::contiguous, echo_site));
        CW_CHECK_OK(segment_map(*bank->table, *owner.domain, kRightRead));
        CW_CHECK_OK(segment_map(*bank->echoes, *owner.domain, kRightRead | kRightWrite));
        return Nothing{};
    };
    if (const auto built = build(); !built) {
        Segment* const segments[] = {bank->table, bank->echoes};
        segments_withdraw(segments);
        bank_pool.release(bank);
        return refuse(built.error());
    }
    bank->owner = &owner;
    bank->wide = wide;
    bank->next = banks;
    banks = bank;
    return bank;
}

void bank_free(Bank& bank) noexcept {
    Segment* const segments[] = {bank.table, bank.echoes};
    segments_withdraw(segments);
    while (bank.layers != nullptr) {
        Layer* layer = bank.layers;
        bank.layers = layer->next;
        segment_withdraw(*layer->segment);
        layer_pool.release(layer);
    }
    Bank** link = &banks;
    while (*link != &bank)
        link = &(*link)->next;
    *link = bank.next;
    bank_pool.release(&bank);
}

Status show_bank(const Bank& bank, Domain& domain) noexcept {
    for (Segment* segment : {bank.table, bank.echoes}) {
        if (segment_seen(*segment, domain))
            continue;
        if (const Status status = segment_map(*segment, domain, kRightRead); status != Status::ok)
            return status;
    }
    return Status::ok;
}

Result<Place> place_for(const Cell& cell, ModuleInstance& client, bool shared) noexcept {
    Layer* layer = CW_TRY(shared ? layer_for(*cell.bank, Layer::Use::shared, nullptr)
                                 : layer_for(*cell.bank, Layer::Use::client, &client));
    Domain& domain = *client.domain;
    std::uint64_t& writers = layer->writers[domain.id / 64];
    const std::uint64_t bit = std::uint64_t{1} << domain.id % 64;
    if ((writers & bit) == 0) {
        CW_CHECK_OK(segment_map(*layer->segment, domain, kRightRead | kRightWrite));
        writers |= bit;
    }
    return place_in(*layer, cell);
}

Result<Place> place_for_rest(const Cell& cell) noexcept {
    return place_in(*CW_TRY(layer_for(*cell.bank, Layer::Use::rest, nullptr)), cell);
}

void layers_retire(const ModuleInstance& client) noexcept {
    for (Bank* bank = banks; bank != nullptr; bank = bank->next) {
        for (Layer* layer = bank->layers; layer != nullptr; layer = layer->next) {
            if (layer->client == &client)
                layer->client = nullptr;
        }
    }
}

} // namespace cell

void cells_forget(const Domain& domain) noexcept {
    for (cell::Bank* bank = cell::all_banks(); bank != nullptr; bank = bank->next) {
        for (cell::Layer* layer = bank->layers; layer != nullptr; layer = layer->next)
            layer->writers[domain.id / 64] &= ~(std::uint64_t{1} << domain.id % 64);
    }
}

} // namespace cw::kernel
