#include "allocating.hpp"
#include "measure.hpp"
#include <cw/core/service/kmem_lab.hpp>
#include <cw/core/service/trace.hpp>
#include <cw/core/trace.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/cells.hpp>

namespace bench {

namespace {

/// Of a request for so many rounds, with the way there and back.
cw::Task<std::uint64_t> instructions_of(std::uint64_t rounds) noexcept {
    const std::uint64_t before = cw::raw::instructions();
    CW_CO_CHECK(co_await cw::kmem_lab::churn({rounds}));
    co_return cw::raw::instructions() - before;
}

cw::Task<> measure_churn(std::string_view name) noexcept {
    constexpr std::uint64_t kRounds = 2000; // what the way costs, which differs, is lost among them
    for (int i = 0; i < kRepeats; ++i) {
        CW_CO_TRY(few, co_await instructions_of(1));
        CW_CO_TRY(many, co_await instructions_of(1 + kRounds));
        figure.add((many - few) / kRounds);
    }
    co_return co_await report(name, "instructions");
}

} // namespace

cw::Task<> measure_allocating() noexcept {
    CW_CO_CHECK(co_await measure_churn("kmem.alloc"));
    CW_CO_TRY(cell, co_await cw::cells::open_as<std::uint64_t>(cw::trace::kMemoryCell, {}, area));
    cell.store(1);
    CW_CO_CHECK(
        co_await cw::trace::start({static_cast<std::uint32_t>(cw::TracePolicy::overwrite), 4096}));
    const auto measured = co_await measure_churn("kmem.alloc.traced");
    CW_CO_CHECK(co_await cw::trace::stop());
    CW_CO_CHECK(co_await cw::cells::close(cell.which()));
    co_return measured;
}

} // namespace bench
