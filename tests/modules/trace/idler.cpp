// A reader that has every writer spare records for it, and never reads.
#include <cw/sdk/module.hpp>
#include <cw/sdk/trace.hpp>

CW_MODULE(trace_idler, {.version = {1, 0}});
CW_REQUIRE(cw::trace::open);
CW_REQUIRE(cw::trace::next);

namespace {

cw::Task<> run() noexcept {
    static cw::trace::Session session;
    CW_CO_TRY(opened, co_await cw::trace::Session::open(cw::trace::Session::Spare::yes));
    session = opened;
    for (;;)
        CW_CO_CHECK(co_await session.next());
}

} // namespace

CW_START {
    static_cast<void>(cw::spawn(run()));
}
