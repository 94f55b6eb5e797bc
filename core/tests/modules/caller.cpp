// A test module that calls work, as the errands tell it.
#include "errand.hpp"
#include "work.hpp"

#include <cw/core/batch.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <optional>

CW_MODULE(caller, {.version = {1, 0}, .frame_bytes = 4 << 20});
CW_REQUIRE(work::add_one);
CW_REQUIRE(work::nothing);
CW_REQUIRE(work::block);
CW_REQUIRE(work::refuse);
CW_REQUIRE(work::hold);
CW_REQUIRE(work::release);
CW_REQUIRE(work::sleep_until);
CW_REQUIRE(work::note);

namespace {

using errand::Findings;
using errand::Orders;

void judge(Findings& findings,
           const cw::Result<work::Word>& answer,
           std::uint64_t expected) noexcept {
    if (!answer) {
        if (findings.status == 0)
            findings.status = static_cast<std::uint64_t>(answer.error());
        return;
    }
    findings.value = answer->value;
    if (answer->value == expected)
        ++findings.right;
}

cw::Task<Findings> add_one(Orders orders) noexcept {
    Findings findings{};
    for (std::uint64_t i = 0; i < orders.count; ++i) {
        const auto answer = co_await work::add_one({orders.first + i});
        judge(findings, answer, orders.first + i + 1);
    }
    co_return findings;
}

cw::Task<Findings> block(Orders orders) noexcept {
    Findings findings{};
    for (std::uint64_t i = 0; i < orders.count; ++i) {
        const work::Block sent{{i, i + 1, i + 2, i + 3, i + 4, i + 5}};
        const auto answer = co_await work::block(sent);
        if (!answer)
            findings.status = static_cast<std::uint64_t>(answer.error());
        else if (answer->words == std::array{i + 1, i + 2, i + 3, i + 4, i + 5, i + 6})
            ++findings.right;
    }
    co_return findings;
}

cw::Task<Findings> refuse(Orders orders) noexcept {
    Findings findings{};
    const auto answer = co_await work::refuse({orders.count});
    judge(findings, answer, 0);
    co_return findings;
}

using Calls = std::optional<cw::Future<work::add_one_method>>[errand::kMaxDepth];

cw::Task<Findings> depth(Orders orders) noexcept {
    Findings findings{};
    Calls calls;
    for (std::uint64_t i = 0; i < orders.count; ++i)
        calls[i].emplace(work::add_one({orders.first + i}));
    for (std::uint64_t i = 0; i < orders.count; ++i) {
        const std::uint64_t at =
            orders.kind == errand::Kind::depth_reverse ? orders.count - 1 - i : i;
        const auto answer = co_await *calls[at];
        judge(findings, answer, orders.first + at + 1);
    }
    co_return findings;
}

cw::Task<Findings> hoard(Orders orders) noexcept {
    Findings findings{};
    Calls calls;
    for (std::uint64_t i = 0; i < orders.count; ++i)
        calls[i].emplace(work::add_one({i}));
    static_cast<void>(co_await cw::Wait{
        [=](std::uint64_t*) { return cw_module.ops->sleep(&cw_module, orders.first); }});
    for (std::uint64_t i = 0; i < orders.count; ++i) {
        const auto answer = co_await *calls[i];
        judge(findings, answer, i + 1);
    }
    co_return findings;
}

cw::Task<Findings> order(Orders orders) noexcept {
    Findings findings{};
    std::optional<cw::Future<work::note_method>> calls[errand::kMaxDepth];
    for (std::uint64_t i = 0; i < orders.count; ++i)
        calls[i].emplace(work::note({orders.first + i}));
    for (std::uint64_t i = 0; i < orders.count; ++i) {
        const auto answer = co_await *calls[i];
        judge(findings, answer, i + 1);
    }
    co_return findings;
}

cw::Task<Findings> pipeline(Orders orders) noexcept {
    Findings findings{};
    std::optional<cw::Future<work::note_method>> calls[errand::kMaxDepth];
    std::uint64_t sent = 0;
    for (; sent < errand::kMaxDepth && sent < orders.count; ++sent)
        calls[sent].emplace(work::note({orders.first + sent}));
    for (std::uint64_t i = 0; i < orders.count; ++i) {
        auto& call = calls[i % errand::kMaxDepth];
        const auto answer = co_await *call;
        judge(findings, answer, i + 1);
        call.reset();
        if (sent < orders.count)
            call.emplace(work::note({orders.first + sent++}));
    }
    co_return findings;
}

cw::Task<Findings> hold(Orders orders) noexcept {
    Findings findings{};
    auto call = work::hold({orders.first, orders.count});
    if (orders.kind == errand::Kind::hold_cancel)
        call.cancel();
    if (orders.kind == errand::Kind::hold_until) {
        const auto answer = co_await std::move(call).by(orders.count);
        judge(findings, answer, orders.count + 1);
    } else {
        const auto answer = co_await call;
        judge(findings, answer, orders.count + 1);
    }
    co_return findings;
}

cw::Task<Findings> sleep_cancel(Orders orders) noexcept {
    Findings findings{};
    const auto answer = co_await work::sleep_until({orders.first}).by(orders.count);
    judge(findings, answer, 0);
    co_return findings;
}

cw::Task<Findings> batch(Orders orders) noexcept {
    Findings findings{};
    cw::Batch<work::block_method, 64> calls;
    for (std::uint64_t turn = 0; turn < 3; ++turn) {
        for (std::uint64_t i = 0; i < orders.count; ++i)
            calls.start({{i, 2, 3, 4, 5, turn}});
        co_await calls;
        calls.take([&](std::size_t i, const cw::Result<work::Block>& reply) {
            if (!reply)
                findings.status = static_cast<std::uint64_t>(reply.error());
            else if (reply->words == std::array<std::uint64_t, 6>{i + 1, 3, 4, 5, 6, turn + 1})
                ++findings.right;
        });
    }
    co_return findings;
}

cw::Task<Findings> batch_hold(Orders orders) noexcept {
    Findings findings{};
    cw::Batch<work::hold_method, errand::kMaxDepth> calls;
    for (std::uint64_t i = 0; i < orders.count; ++i)
        calls.start({orders.first + i % 2, i});
    co_await calls;
    calls.take(
        [&](std::size_t i, const cw::Result<work::Word>& reply) { judge(findings, reply, i + 1); });
    co_return findings;
}

cw::Task<Findings> batch_sleep(Orders orders) noexcept {
    Findings findings{};
    cw::Batch<work::sleep_until_method, 64> calls;
    for (std::uint64_t i = 0; i < orders.count; ++i)
        calls.start({orders.first});
    co_await calls;
    calls.take([&](std::size_t, const cw::Result<work::Word>& reply) {
        judge(findings, reply, static_cast<std::uint64_t>(cw::Status::timed_out));
    });
    co_return findings;
}

cw::Task<Findings> batch_drop(Orders orders) noexcept {
    cw::Batch<work::add_one_method, 64> calls;
    for (std::uint64_t i = 0; i < orders.count; ++i)
        calls.start({i});
    co_return Findings{};
}

cw::Task<Findings> batch_mixed(Orders orders) noexcept {
    Findings findings{};
    cw::Batch<work::add_one_method, 32> together;
    Calls singly;
    for (std::uint64_t i = 0; i < orders.count; ++i) {
        together.start({i});
        singly[i].emplace(work::add_one({i + 1000}));
    }
    for (std::uint64_t i = 0; i < orders.count; ++i) {
        const auto answer = co_await *singly[i];
        judge(findings, answer, i + 1001);
    }
    co_await together;
    together.take(
        [&](std::size_t i, const cw::Result<work::Word>& reply) { judge(findings, reply, i + 1); });
    co_return findings;
}

cw::Task<Findings> run(Orders orders) noexcept {
    switch (orders.kind) {
    case errand::Kind::batch:
        return ::batch(orders);
    case errand::Kind::batch_hold:
        return ::batch_hold(orders);
    case errand::Kind::batch_sleep:
        return ::batch_sleep(orders);
    case errand::Kind::batch_drop:
        return ::batch_drop(orders);
    case errand::Kind::batch_mixed:
        return ::batch_mixed(orders);
    case errand::Kind::add_one:
        return ::add_one(orders);
    case errand::Kind::block:
        return ::block(orders);
    case errand::Kind::refuse:
        return ::refuse(orders);
    case errand::Kind::depth:
    case errand::Kind::depth_reverse:
        return ::depth(orders);
    case errand::Kind::hoard:
        return ::hoard(orders);
    case errand::Kind::order:
        return ::order(orders);
    case errand::Kind::pipeline:
        return ::pipeline(orders);
    case errand::Kind::sleep_cancel:
        return ::sleep_cancel(orders);
    default:
        return ::hold(orders);
    }
}

} // namespace

CW_PROVIDE(errand::run, run);
