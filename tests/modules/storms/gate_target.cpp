// The module that everybody calls. Built three times: with a gate; `concurrent`, which has none;
// and with a handler that asks another module before it answers.
#include "gate_target.hpp"
#include <cw/core/atomic.hpp>
#include <cw/sdk/module.hpp>

#define CW_TARGET_MODULE(name, ...) CW_MODULE(name, __VA_ARGS__)

CW_TARGET_MODULE(CW_STORM_NAME, {.version = {1, 0}, .concurrent = CW_STORM_CONCURRENT});
CW_REQUIRE(gates::burst, cw::abi::kMethodOptional);
CW_REQUIRE(gates::far, cw::abi::kMethodOptional);

namespace {

using cw::Order;

// Atomic for the build without a gate; relaxed, since each only counts.
cw::Atomic<std::uint32_t> inside;
cw::Atomic<std::uint64_t> entered, out_of_order, met;
cw::Atomic<std::uint64_t> last[gates::kClients + 1]; ///< By client, whose calls come one by one.

/// False: there is no such client.
bool enter(const storms::Item& item) noexcept {
    if (item.client > gates::kNoise)
        return false;
    if (inside.fetch_add(1, Order::relaxed) != 0)
        met.fetch_add(1, Order::relaxed);
    entered.fetch_add(1, Order::relaxed);
    cw::Atomic<std::uint64_t>& before = last[item.client];
    if (item.number != before.load(Order::relaxed) + 1)
        out_of_order.fetch_add(1, Order::relaxed);
    before.store(item.number, Order::relaxed);
    storms::spend(item.turns);
    inside.fetch_add(~0u, Order::relaxed);
    return true;
}

[[maybe_unused]] cw::Result<storms::Answer> answer(storms::Item item) noexcept {
    if (!enter(item))
        return cw::refuse(cw::Status::out_of_range);
    return storms::answer_to(item);
}

[[maybe_unused]] cw::Task<storms::Answer> ask_far(storms::Item item) noexcept {
    if (!enter(item))
        co_return cw::refuse(cw::Status::out_of_range);
    co_return co_await gates::far(item);
}

gates::Account account(cw::Nothing) noexcept {
    return {
        entered.load(Order::relaxed), out_of_order.load(Order::relaxed), met.load(Order::relaxed)};
}

cw::Task<cw::Nothing> hold(gates::Count notes) noexcept {
    CW_CO_CHECK(co_await gates::burst(notes));
    co_return cw::Nothing{};
}

} // namespace

CW_PROVIDE(gates::note, CW_STORM_HANDLER);
CW_PROVIDE(gates::account, account);
CW_PROVIDE(gates::hold, hold);
