// Uses the system call itself, which no ordinary module does: it is what is measured here.
#include <cw/core/executor.hpp>
#include <cw/modules/mate.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(mate, {.version = {1, 0}});
CW_PROVIDE(mate::handoff, [](mate::Rounds rounds) {
    const std::uint64_t doorbell = cw_module.home->hot.server().completions.doorbell;
    for (std::uint64_t i = 0; i < rounds.count; ++i)
        cw::raw::wait(cw::abi::kNoDeadline, doorbell);
    return rounds;
});
