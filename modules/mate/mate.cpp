// Uses the system call itself, which no ordinary module does: it is what is measured here.
#include <cw/core/executor.hpp>
#include <cw/modules/mate.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(mate, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::cells::create);
CW_REQUIRE(cw::cells::destroy);

CW_PROVIDE(mate::handoff, [](mate::Rounds rounds) {
    const std::uint64_t doorbell = cw_module.home->hot.server().completions.doorbell;
    for (std::uint64_t i = 0; i < rounds.count; ++i)
        cw::raw::wait(cw::abi::kNoDeadline, doorbell);
    return rounds;
});

CW_PROVIDE(mate::follow, [](cw::Nothing) -> cw::Task<> {
    CW_CO_TRY(area, co_await cw::Area::create(4096));
    CW_CO_TRY(cell, co_await cw::cells::create_as<std::uint64_t>(mate::kFollowed, {}, area));
    std::uint64_t seen = 0;
    while (seen != mate::kEnough) {
        const auto sample = cell.sample();
        if (sample.value == seen)
            continue;
        seen = sample.value;
        cell.applied(sample);
    }
    co_return co_await cw::cells::destroy(cell.which());
});
