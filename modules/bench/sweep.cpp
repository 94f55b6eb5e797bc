#include "sweep.hpp"
#include "measure.hpp"
#include <cw/core/batch.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/modules/echo.hpp>
#include <cw/modules/sink.hpp>
#include <cw/sdk/use.hpp>

CW_USES(cw::memory::area);
CW_USES(echo::block);
CW_USES(sink::take);

namespace bench {

namespace {

using cw::abi::Placement;

constexpr std::uint64_t kLeastBytes = 8;
constexpr std::uint64_t kMostBytes = 1 << 20;
constexpr std::size_t kMostDepth = 128;
constexpr int kSamples = 7;

struct Callee {
    std::string_view name;
    Placement placement;
};
constexpr Callee kCallees[] = {{"direct", Placement::domain},
                               {"sync", Placement::sync_caller},
                               {"kernel", Placement::kernel},
                               {"process", Placement::user_process}};

cw::Area payloads;

std::uint64_t now() noexcept {
    return cw_module.ops->now();
}

cw::Task<>
report_point(std::string_view kind, std::string_view placement, std::uint64_t at) noexcept {
    cw::Text<80> name;
    name.format("sweep.{}.{}.{}", kind, placement, at);
    co_return co_await report(name.view(), "ps");
}

/// One call at a time. Its payload is written before, as it would be.
cw::Task<> measure_payload(std::string_view placement, std::uint64_t bytes) noexcept {
    const std::uint64_t calls = bytes < 4096 ? 128 : bytes < 65536 ? 32 : 4;
    const std::uint64_t count = bytes / 8;
    auto* words = reinterpret_cast<std::uint64_t*>(payloads.data());
    for (int i = 0; i <= kSamples; ++i) {
        const std::uint64_t begin = now();
        for (std::uint64_t call = 0; call < calls; ++call) {
            sink::fill(words, count, call);
            const auto reply = co_await sink::take({payloads.ref(0, bytes)});
            if (!reply || reply->sum != sink::expected(count, call))
                co_return cw::refuse(reply ? cw::Status::refused : reply.error());
        }
        if (i > 0)
            figure.add((now() - begin) * 1000 / calls);
    }
    co_return co_await report_point("payload", placement, bytes);
}

/// 48 bytes each way; `depth` calls are sent, then awaited together.
cw::Task<> measure_depth(std::string_view placement, std::size_t depth) noexcept {
    static cw::Batch<echo::block_method, kMostDepth> batch;
    const std::size_t rounds = 1024 / depth;
    const echo::Block block{{1, 2, 3, 4, 5, 6}};
    for (int i = 0; i <= kSamples; ++i) {
        const std::uint64_t begin = now();
        std::size_t right = 0;
        for (std::size_t round = 0; round < rounds; ++round) {
            for (std::size_t call = 0; call < depth; ++call)
                batch.start(block);
            co_await batch;
            batch.take([&](std::size_t, const cw::Result<echo::Block>& reply) {
                right += reply && reply->words[5] == 7 ? 1 : 0;
            });
        }
        if (right != rounds * depth)
            co_return cw::refuse(cw::Status::refused);
        if (i > 0)
            figure.add((now() - begin) * 1000 / (rounds * depth));
    }
    co_return co_await report_point("depth", placement, depth);
}

} // namespace

cw::Task<> measure_sweep() noexcept {
    if (payloads.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(kMostBytes));
        payloads = made;
    }
    for (const Callee& callee : kCallees) {
        const std::uint8_t hart = callee.placement == Placement::domain ? 0 : 2;
        CW_CO_CHECK(co_await load("sink", callee.placement, own_domain(), {}, hart));
        for (std::uint64_t bytes = kLeastBytes; bytes <= kMostBytes; bytes *= 2)
            CW_CO_CHECK(co_await measure_payload(callee.name, bytes));
        CW_CO_CHECK(co_await unload("sink"));
        CW_CO_CHECK(co_await load("echo", callee.placement, own_domain(), {}, hart));
        for (std::size_t depth = 1; depth <= kMostDepth; depth *= 2)
            CW_CO_CHECK(co_await measure_depth(callee.name, depth));
        CW_CO_CHECK(co_await unload("echo"));
    }
    co_return cw::Nothing{};
}

} // namespace bench
