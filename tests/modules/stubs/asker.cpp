#include "ledger.hpp"
#include <algorithm>
#include <cw/core/pending.hpp>
#include <cw/sdk/module.hpp>
#include <optional>

// Through a macro, so that its argument is replaced before it becomes text.
#define CW_MODULE_CALLED(name, ...) CW_MODULE(name, __VA_ARGS__)
CW_MODULE_CALLED(CW_ASKER, {.version = {1, 0}});
CW_REQUIRE(ledger::enter, cw::abi::kMethodOptional);
CW_REQUIRE(ledger::enter_all, cw::abi::kMethodOptional);
CW_REQUIRE(ledger::block, cw::abi::kMethodOptional);
CW_REQUIRE(ledger::nothing, cw::abi::kMethodOptional);
CW_REQUIRE(ledger::late, cw::abi::kMethodOptional);

namespace {

constexpr std::size_t kBurst = cw::kPoolPendings + 40; ///< Beyond the credits of a channel.
constexpr unsigned kRounds = 20;

using Entering = decltype(ledger::enter({}));
constinit std::array<std::optional<Entering>, kBurst> bursts{};
constinit std::uint64_t number = 0;
constinit std::uint64_t sum = 0;

ledger::Entry next() noexcept {
    sum += ++number;
    return {CW_ASKER::kNumber, number};
}

/// True if it is what the provider should answer now.
bool is_sum(const cw::Result<ledger::Sum>& reply, std::uint64_t expected) noexcept {
    return reply && reply->value == expected;
}

/// More calls at once than there are credits: what is over waits in order.
cw::Task<> burst() noexcept {
    const std::uint64_t first = number + 1;
    std::uint64_t expected = sum;
    for (std::optional<Entering>& call : bursts)
        call.emplace(ledger::enter(next()));
    cw::Status wrong = cw::Status::ok;
    for (std::size_t i = 0; i < kBurst; ++i) {
        const auto reply = co_await std::move(*bursts[i]);
        bursts[i].reset();
        expected += first + i;
        if (wrong == cw::Status::ok && !is_sum(reply, expected))
            wrong = reply ? cw::Status::refused : reply.error();
    }
    if (wrong != cw::Status::ok)
        co_return cw::refuse(wrong);
    co_return cw::Nothing{};
}

/// The runtime's own stubs lie beside its other functions.
template <class M>
bool leads_elsewhere(const cw::Method<M>&) noexcept {
    constexpr std::uint64_t kNear = std::uint64_t{1} << 20;
    const auto stub = reinterpret_cast<std::uint64_t>(cw::SlotOf<M>::value.function);
    const auto runtime = reinterpret_cast<std::uint64_t>(cw_module.ops->submit_slowly);
    return (stub < runtime ? runtime - stub : stub - runtime) > kNear;
}

std::uint64_t count_own_stubs() noexcept {
    const bool own[] = {leads_elsewhere(ledger::enter),
                        leads_elsewhere(ledger::enter_all),
                        leads_elsewhere(ledger::block),
                        leads_elsewhere(ledger::nothing),
                        leads_elsewhere(ledger::late)};
    return static_cast<std::uint64_t>(std::count(std::begin(own), std::end(own), true));
}

cw::Task<asker::Count> run(cw::Nothing) noexcept {
    std::uint64_t calls = 0;
    number = sum = 0;
    for (unsigned round = 0; round < kRounds; ++round) {
        CW_CO_CHECK(co_await burst());
        CW_CO_TRY(totals, co_await ledger::enter_all(next()));
        if (totals.calls != number || totals.sum != sum)
            co_return cw::refuse(cw::Status::refused);
        const ledger::Entry entry = next();
        CW_CO_TRY(block, co_await ledger::block({{entry.client, entry.number, 30, 40, 50, 60}}));
        if (block.words !=
            std::array<std::uint64_t, 6>{entry.client + 1, entry.number + 1, 31, 41, 51, 61})
            co_return cw::refuse(cw::Status::refused);
        CW_CO_CHECK(co_await ledger::nothing());
        const auto late = co_await ledger::late(next());
        if (!is_sum(late, sum))
            co_return cw::refuse(late ? cw::Status::refused : late.error());
        calls += kBurst + 4;
    }
    co_return asker::Count{calls, count_own_stubs()};
}

void stumble(cw::Nothing) noexcept {
    using Stub = cw::abi::RawFuture (*)(const cw::abi::Slot*, std::uint64_t, std::uint64_t);
    const auto stub = reinterpret_cast<Stub>(cw::SlotOf<ledger::enter_method>::value.function);
    constexpr std::uint64_t kNowhere = 0x5000;
    const cw::abi::Slot slot{nullptr, reinterpret_cast<cw::Edge*>(kNowhere)};
    static_cast<void>(stub(&slot, 0, 0));
}

} // namespace

CW_PROVIDE(CW_ASKER::run, run);
CW_PROVIDE(CW_ASKER::stumble, stumble);
