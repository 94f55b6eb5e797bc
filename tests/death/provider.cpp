// A provider that keeps count; built as target_a and target_b.
#include "death.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

#define CW_TARGET_MODULE(name, ...) CW_MODULE(name, __VA_ARGS__) // expands the name first
CW_TARGET_MODULE(CW_DEATH_NAME, {.version = {1, 0}});

namespace {

using namespace death;

constexpr std::uint64_t kDozeNs = 20'000; // longer than executors look at their rings

Served totals;
std::uint64_t last[2];

void note(const Item& item) noexcept {
    ++totals.items;
    const auto client = static_cast<std::uint64_t>(item.client);
    if (client > 1 || item.check != mixed(item.number, item.client)) {
        ++totals.garbled;
        return;
    }
    if (item.number <= last[client])
        ++totals.repeated;
    last[client] = item.number;
}

Value exchange(Item item) noexcept {
    note(item);
    return answer_to(item, Side::CW_DEATH_SIDE);
}

cw::Task<Value> doze(Item item) noexcept {
    note(item);
    static_cast<void>(co_await cw::sleep_ns(kDozeNs));
    co_return answer_to(item, Side::CW_DEATH_SIDE);
}

} // namespace

CW_PROVIDE(death::CW_DEATH_NAME::exchange, exchange);
CW_PROVIDE(death::CW_DEATH_NAME::doze, doze);
CW_PROVIDE(death::CW_DEATH_NAME::served, [](cw::Nothing) { return totals; });
