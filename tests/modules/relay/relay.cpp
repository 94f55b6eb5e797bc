// A module between a caller and one that breaks: it passes echo.late on to fault.provoke and counts
// what came of it.
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/tests/fault.hpp>
#include <cw/tests/registers.hpp>

CW_MODULE(relay, {.version = {1, 0}});
CW_REQUIRE(fault::provoke);

namespace {

std::uint64_t answered, failed;

cw::Task<echo::Word> pass_on(echo::Word word) noexcept {
    const auto reply = co_await fault::provoke({word.value});
    ++(reply ? answered : failed);
    if (!reply)
        co_return cw::refuse(reply.error());
    co_return echo::Word{reply->number};
}

/// Answers with the call's state, what it changed, and the counts.
echo::Block look_closely(echo::Block how) noexcept {
    std::uint64_t changed = 0;
    const cw::abi::RawFuture result = cw::tests::call_and_compare(
        cw::SlotOf<fault::provoke_method>::value, how.words[0], changed);
    return {{result.state, changed, answered, failed, 0, 0}};
}

} // namespace

CW_PROVIDE(echo::late, pass_on);
CW_PROVIDE(echo::block, look_closely);
