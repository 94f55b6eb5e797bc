#include "ledger.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(ledger, {.version = {1, 0}});

namespace {

constinit std::array<ledger::Totals, ledger::kClients> clients{};

cw::Result<ledger::Totals> enter(ledger::Entry entry) noexcept {
    if (entry.client >= ledger::kClients)
        return cw::refuse(cw::Status::out_of_range);
    ledger::Totals& totals = clients[entry.client];
    if (entry.number == 1)
        totals = {}; // a new count
    if (entry.number != totals.calls + 1)
        return cw::refuse(cw::Status::refused);
    ++totals.calls;
    totals.sum += entry.number;
    return totals;
}

cw::Result<ledger::Sum> enter_small(ledger::Entry entry) noexcept {
    const auto totals = enter(entry);
    if (!totals)
        return cw::refuse(totals.error());
    return ledger::Sum{totals->sum};
}

cw::Result<ledger::Block> block(ledger::Block block) noexcept {
    if (const auto totals = enter({block.words[0], block.words[1]}); !totals)
        return cw::refuse(totals.error());
    for (std::uint64_t& word : block.words)
        ++word;
    return block;
}

cw::Task<ledger::Sum> late(ledger::Entry entry) noexcept {
    const auto sum = enter_small(entry);
    if (!sum)
        co_return cw::refuse(sum.error());
    static_cast<void>(co_await cw::sleep_ns(1000));
    co_return *sum;
}

} // namespace

CW_PROVIDE(ledger::enter, enter_small);
CW_PROVIDE(ledger::enter_all, enter);
CW_PROVIDE(ledger::block, block);
CW_PROVIDE(ledger::nothing, [](cw::Nothing) {});
CW_PROVIDE(ledger::late, late);
CW_PROVIDE(ledger::crash, [](cw::Nothing) { __builtin_trap(); });
