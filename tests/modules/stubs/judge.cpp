// Answers echo.ping by having all askers that are loaded ask at the same time.
#include "ledger.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(judge, {.version = {1, 0}});
#define CW_REQUIRE_ASKER(name, number) CW_REQUIRE(name::run, cw::abi::kMethodOptional)
CW_ASKERS(CW_REQUIRE_ASKER);
CW_REQUIRE(asker_b::stumble, cw::abi::kMethodOptional);
CW_REQUIRE(ledger::crash, cw::abi::kMethodOptional);

namespace {

/// 0: a million for each stub of ledger's own, plus how many calls were answered rightly, all
/// askers together. 1: breaks ledger. 2: breaks asker_b. Errors: those of an asker.
cw::Task<echo::Word> ping(echo::Word what) noexcept {
    if (what.value == 1) {
        CW_CO_CHECK(co_await ledger::crash());
        co_return cw::refuse(cw::Status::refused); // it should have died
    }
    if (what.value == 2) {
        CW_CO_CHECK(co_await asker_b::stumble());
        co_return cw::refuse(cw::Status::refused);
    }
#define CW_START_ASKER(name, number) auto name##_call = name::run()
    CW_ASKERS(CW_START_ASKER);
    std::uint64_t calls = 0;
    cw::Status wrong = cw::Status::ok;
    const auto add = [&](const cw::Result<asker::Count>& count) {
        if (count)
            calls += count->calls + count->own_stubs * 1'000'000;
        else if (count.error() != cw::Status::not_found) // an asker that is not loaded
            wrong = count.error();
    };
#define CW_AWAIT_ASKER(name, number)                                                               \
    const auto name##_count = co_await std::move(name##_call);                                     \
    add(name##_count)
    CW_ASKERS(CW_AWAIT_ASKER);
    if (wrong != cw::Status::ok)
        co_return cw::refuse(wrong);
    co_return echo::Word{calls};
}

} // namespace

CW_PROVIDE(echo::ping, ping);
