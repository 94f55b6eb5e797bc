// Has an area that whoever provides keeper.hold may write, until this module goes. The area is its
// domain's, and stays.
#include <cw/core/service/memory.hpp>
#include <cw/sdk/module.hpp>
#include <cw/tests/keeper.hpp>

CW_MODULE(lender, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(keeper::hold);

namespace {

cw::Task<> lend() noexcept {
    CW_CO_TRY(area, co_await cw::memory::area({keeper::kAreaBytes}));
    const keeper::Paper paper{{area.address, area.bytes}};
    static_cast<void>(co_await keeper::hold(paper));
    co_return cw::Nothing{};
}

} // namespace

CW_START {
    static_cast<void>(cw::spawn(lend()));
}
