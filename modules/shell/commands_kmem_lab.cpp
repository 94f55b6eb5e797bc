// Two ways of cutting objects out of pages, side by side: the same requests to both.
#include "commands.hpp"
#include "load_options.hpp"
#include "output.hpp"
#include "services.hpp"
#include <cw/core/service/kmem_lab.hpp>

namespace shell {

namespace {

using namespace cw::kmem_lab;

struct Outcome {
    Counts mixed; ///< When many have come and gone,
    Counts empty; ///< and when all have gone.
};

/// Fills a cache, frees every other object, refills a part, frees the oldest; then the rest.
cw::Task<Outcome> run_trace(std::uint64_t cache) noexcept {
    constexpr std::uint64_t kMany = 400;
    Outcome outcome{};
    CW_CO_CHECK(co_await allocate({cache, kMany}));
    CW_CO_CHECK(co_await release({cache, kMany / 2, Order::every_other}));
    CW_CO_CHECK(co_await allocate({cache, kMany / 4}));
    CW_CO_CHECK(co_await release({cache, kMany / 2, Order::oldest_first}));
    CW_CO_TRY(mixed, co_await counts({cache}));
    outcome.mixed = mixed;
    CW_CO_CHECK(co_await release({cache, kMany, Order::newest_first}));
    CW_CO_TRY(empty, co_await counts({cache}));
    outcome.empty = empty;
    co_return outcome;
}

cw::Task<> compare(Policy policy, std::uint32_t bytes) noexcept {
    CW_CO_TRY(opened, co_await open({policy, bytes}));
    const auto outcome = co_await run_trace(opened.cache);
    CW_CO_CHECK(co_await close(opened));
    if (!outcome)
        co_return cw::refuse(outcome.error());
    const Counts& mixed = outcome->mixed;
    const std::uint64_t held = mixed.pages * 4096;
    out.put_number(bytes, 7);
    out.put(policy == Policy::free_list ? "  free-list" : "  bitmap   ");
    out.put_number(outcome->empty.steps, 7);
    out.put_number(mixed.peak_pages, 6);
    out.put_number(mixed.pages, 7);
    out.put_number((held - mixed.live * mixed.object_bytes) * 100 / held, 7);
    out.put_number(outcome->empty.pages, 7);
    out.put("\n");
    co_return cw::Nothing{};
}

} // namespace

cw::Task<int> kmem_lab(Arguments words) noexcept {
    std::uint64_t only = 0;
    if (words[0] != "compare" ||
        (words.size() == 2 && (!parse_number(words[1], kMostBytes, only) || only < kLeastBytes))) {
        out.format("usage: kmem-lab compare [BYTES], from {} to {}\n", kLeastBytes, kMostBytes);
        co_return kFailed;
    }
    out.put("  BYTES  POLICY     STEPS  PEAK  PAGES  WASTE%  EMPTY\n");
    for (const std::uint32_t bytes : {48u, 112u, 600u, 3072u}) {
        if (only != 0 && bytes != 48)
            break;
        const std::uint32_t size = only != 0 ? static_cast<std::uint32_t>(only) : bytes;
        for (const Policy policy : {Policy::free_list, Policy::bitmap}) {
            const auto done = co_await compare(policy, size);
            if (!done) {
                out.format("kmem-lab: {}: {}\n", size, cw::name_of(done.error()));
                co_return kFailed;
            }
        }
    }
    co_return kDone;
}

} // namespace shell
