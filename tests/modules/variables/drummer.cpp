// Calls `abacus` from a process, so on a thread, of its own.
#include "abacus.hpp"
#include <cw/sdk/module.hpp>

CW_MODULE(drummer, {.version = {1, 0}});
CW_REQUIRE(abacus::hit);

CW_PROVIDE(abacus::beat, [](abacus::Beats beats) -> cw::Task<> {
    for (std::uint64_t i = 0; i < beats.count; ++i)
        CW_CO_CHECK(co_await abacus::hit({3}));
    co_return cw::Nothing{};
});
