// Measures what a call costs on every path in time, on a host whose processor it shares:
// picoseconds per call, from loops long enough for the clock.
#include "lookup.hpp"
#include "measure.hpp"
#include "shaping.hpp"
#include "sweep.hpp"
#include <cw/core/batch.hpp>
#include <cw/core/service/cells.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/service/variables.hpp>
#include <cw/modules/bench.hpp>
#include <cw/modules/console.hpp>
#include <cw/modules/echo.hpp>
#include <cw/modules/shaper.hpp>
#include <cw/modules/sink.hpp>
#include <cw/modules/swift.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(bench, {.version = {1, 0}});
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::variables::declare);
CW_REQUIRE(console::write);
CW_REQUIRE(echo::ping, cw::abi::kMethodOptional);
CW_REQUIRE(echo::null, cw::abi::kMethodOptional);
CW_REQUIRE(echo::block, cw::abi::kMethodOptional);
CW_REQUIRE(sink::take, cw::abi::kMethodOptional);
CW_REQUIRE(swift::ping, cw::abi::kMethodOptional);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::cells::close);
CW_REQUIRE(shaper::add, cw::abi::kMethodOptional);
CW_REQUIRE(shaper::remove, cw::abi::kMethodOptional);
CW_REQUIRE(shaper::serve, cw::abi::kMethodOptional);
CW_REQUIRE(shaper::account, cw::abi::kMethodOptional);

namespace {

using bench::figure;
using bench::load;
using bench::own_domain;
using bench::report;
using bench::unload;
using Slot = cw::abi::Slot;

constexpr int kSamples = 51;
constexpr std::string_view kUnit = "ps";

std::uint64_t now() noexcept {
    return cw_module.ops->now();
}

void add(std::uint64_t begin, std::uint64_t calls) noexcept {
    figure.add((now() - begin) * 1000 / calls);
}

/// What no framework can be below: a call through a pointer that the compiler does not know.
cw::Task<> measure_indirect() noexcept {
    constexpr std::uint64_t kCalls = 20'000;
    using Function = std::uint64_t (*)(std::uint64_t);
    constexpr auto kPlusOne = [](std::uint64_t value) noexcept { return value + 1; };
    const auto target = static_cast<Function>(kPlusOne);
    for (int i = 0; i < kSamples; ++i) {
        const std::uint64_t begin = now();
        std::uint64_t value = 0;
        for (std::uint64_t call = 0; call < kCalls; ++call) {
            Function function = target;
            asm volatile("" : "+r"(function));
            value = function(value);
        }
        asm volatile("" ::"r"(value));
        add(begin, kCalls);
    }
    co_return co_await report("call.indirect", kUnit);
}

template <class Method>
cw::Task<> measure_direct(const Method& method, std::string_view name) noexcept {
    constexpr std::uint64_t kCalls = 20'000;
    for (int i = 0; i < kSamples; ++i) {
        const std::uint64_t begin = now();
        std::uint64_t value = 0;
        for (std::uint64_t call = 0; call < kCalls; ++call) {
            const auto reply = co_await method({value});
            if (!reply) [[unlikely]]
                co_return cw::refuse(reply.error());
            value = reply->value;
        }
        if (value != kCalls)
            co_return cw::refuse(cw::Status::refused);
        add(begin, kCalls);
    }
    co_return co_await report(name, kUnit);
}

cw::Task<> measure_synchronous(std::string_view name) noexcept {
    constexpr std::uint64_t kCalls = 500;
    for (int i = 0; i < kSamples; ++i) {
        const std::uint64_t begin = now();
        for (std::uint64_t call = 0; call < kCalls; ++call)
            static_cast<void>(co_await echo::null());
        add(begin, kCalls);
    }
    co_return co_await report(name, kUnit);
}

/// One call at a time, each as soon as the one before is answered.
cw::Task<> measure_running(std::string_view name) noexcept {
    constexpr std::uint64_t kCalls = 2000;
    for (int i = 0; i < kSamples; ++i) {
        const std::uint64_t begin = now();
        for (std::uint64_t call = 0; call < kCalls; ++call) {
            const auto reply = co_await echo::ping({call});
            if (!reply || reply->value != call + 1)
                co_return cw::refuse(reply ? cw::Status::refused : reply.error());
        }
        add(begin, kCalls);
    }
    co_return co_await report(name, kUnit);
}

/// One call at a time, from rest.
cw::Task<> measure_asleep(std::string_view name) noexcept {
    constexpr std::uint64_t kCalls = 40, kPause = 200'000; // ns
    for (int i = 0; i < kSamples; ++i) {
        std::uint64_t sum = 0;
        for (std::uint64_t call = 0; call < kCalls; ++call) {
            static_cast<void>(co_await cw::sleep_ns(kPause));
            const std::uint64_t begin = now();
            const auto reply = co_await echo::ping({call});
            sum += now() - begin;
            if (!reply || reply->value != call + 1)
                co_return cw::refuse(reply ? cw::Status::refused : reply.error());
        }
        figure.add(sum * 1000 / kCalls);
    }
    co_return co_await report(name, kUnit);
}

template <std::size_t kDepth>
cw::Task<> measure_batch(std::string_view name) noexcept {
    static cw::Batch<echo::block_method, kDepth> batch;
    constexpr std::uint64_t kRounds = 8192 / kDepth;
    const echo::Block block{{1, 2, 3, 4, 5, 6}};
    for (int i = 0; i < kSamples; ++i) {
        const std::uint64_t begin = now();
        std::size_t right = 0;
        for (std::uint64_t round = 0; round < kRounds; ++round) {
            for (std::size_t call = 0; call < kDepth; ++call)
                batch.start(block);
            co_await batch;
            batch.take([&](std::size_t, const cw::Result<echo::Block>& reply) {
                right += reply && reply->words[5] == 7 ? 1 : 0;
            });
        }
        if (right != kRounds * kDepth)
            co_return cw::refuse(cw::Status::refused);
        add(begin, kRounds * kDepth);
    }
    co_return co_await report(name, kUnit);
}

/// `kDepth` calls kept in flight all the time.
template <std::size_t kDepth>
cw::Task<> measure_pipeline(std::string_view name) noexcept {
    static std::optional<cw::Future<echo::block_method>> futures[kDepth];
    constexpr std::size_t kCalls = 16384;
    const echo::Block block{{1, 2, 3, 4, 5, 6}};
    for (int i = 0; i < kSamples; ++i) {
        const std::uint64_t begin = now();
        for (std::size_t call = 0; call < kCalls + kDepth; ++call) {
            auto& future = futures[call % kDepth];
            if (future) {
                const auto reply = co_await *future;
                future.reset();
                if (!reply || reply->words[5] != 7)
                    co_return cw::refuse(reply ? cw::Status::refused : reply.error());
            }
            if (call < kCalls)
                future.emplace(echo::block(block));
        }
        add(begin, kCalls);
    }
    co_return co_await report(name, kUnit);
}

/// The same in two batches: one is with the callee while the answers of the other are taken.
template <std::size_t kDepth>
cw::Task<> measure_batches(std::string_view name) noexcept {
    constexpr std::size_t kHalf = kDepth / 2;
    static cw::Batch<echo::block_method, kHalf> batches[2];
    constexpr std::uint64_t kRounds = 16384 / kHalf;
    const echo::Block block{{1, 2, 3, 4, 5, 6}};
    const auto start = [&](auto& batch) {
        for (std::size_t call = 0; call < kHalf; ++call)
            batch.start(block);
    };
    std::size_t right = 0;
    const auto check = [&](std::size_t, const cw::Result<echo::Block>& reply) {
        right += reply && reply->words[5] == 7 ? 1 : 0;
    };
    for (int i = 0; i < kSamples; ++i) {
        const std::uint64_t begin = now();
        right = 0;
        start(batches[0]);
        for (std::uint64_t round = 1; round <= kRounds; ++round) {
            if (round != kRounds)
                start(batches[round % 2]);
            auto& batch = batches[(round - 1) % 2];
            co_await batch;
            batch.take(check);
        }
        if (right != kRounds * kHalf)
            co_return cw::refuse(cw::Status::refused);
        add(begin, kRounds * kHalf);
    }
    co_return co_await report(name, kUnit);
}

cw::Task<> measure_all() noexcept {
    using cw::abi::Placement;
    CW_CO_CHECK(co_await measure_indirect());

    CW_CO_CHECK(co_await load("echo", Placement::domain, own_domain()));
    CW_CO_CHECK(co_await load("swift", Placement::domain, own_domain()));
    CW_CO_CHECK(co_await measure_direct(echo::ping, "await.direct"));
    CW_CO_CHECK(co_await measure_direct(swift::ping, "await.direct.concurrent"));
    CW_CO_CHECK(co_await unload("echo"));
    CW_CO_CHECK(co_await unload("swift"));

    if (own_domain() != 0) {
        CW_CO_CHECK(co_await load("echo", Placement::sync_caller, 0));
        CW_CO_CHECK(co_await measure_synchronous("call.syscall"));
        CW_CO_CHECK(co_await unload("echo"));
    }

    CW_CO_CHECK(co_await load("echo", Placement::user_process, 0, {}, 2));
    CW_CO_CHECK(co_await measure_running("rpc.running"));
    CW_CO_CHECK(co_await measure_asleep("rpc.asleep"));
    CW_CO_CHECK(co_await measure_batch<8>("rpc.batch8"));
    CW_CO_CHECK(co_await measure_batch<64>("rpc.batch64"));
    CW_CO_CHECK(co_await measure_batches<64>("rpc.depth64"));
    CW_CO_CHECK(co_await measure_pipeline<64>("rpc.depth64.each"));
    CW_CO_CHECK(co_await unload("echo"));
    CW_CO_CHECK(co_await bench::measure_lookup());
    co_return co_await bench::measure_shaping();
}

cw::Task<> run(bench::Which which) noexcept {
    if (which.what != bench::What::paths && which.what != bench::What::sweep)
        co_return cw::refuse(cw::Status::unsupported);
    if (bench::area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(65536));
        bench::area = made;
    }
    if (which.what == bench::What::sweep) {
        CW_CO_CHECK(co_await bench::measure_sweep());
        co_return co_await bench::sweep_shaping();
    }
    co_return co_await measure_all();
}

} // namespace

CW_PROVIDE(bench::run, run);
