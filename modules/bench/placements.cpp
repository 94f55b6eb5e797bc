#include "placements.hpp"
#include "measure.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/use.hpp>

CW_USES(echo::ping);

namespace bench {

namespace {

using cw::abi::Placement;

struct Callee {
    std::string_view name; ///< Of the figure.
    Placement placement;
};

/// Both sides at rest before each call, on one hart.
cw::Task<> measure_calls() noexcept {
    const std::uint64_t base = overhead();
    for (int i = 0; i < kRepeats; ++i) {
        const std::uint64_t before = cw::raw::instructions();
        const auto reply = co_await echo::ping({1});
        figure.add(cw::raw::instructions() - before - base);
        if (!reply || reply->value != 2)
            co_return cw::refuse(reply ? cw::Status::refused : reply.error());
    }
    co_return cw::Nothing{};
}

cw::Task<> measure(std::string_view name, Placement placement) noexcept {
    CW_CO_CHECK(co_await load("echo", placement, own_domain()));
    CW_CO_CHECK(co_await measure_calls());
    CW_CO_CHECK(co_await unload("echo"));
    co_return co_await report(name, "instructions");
}

} // namespace

cw::Task<> measure_placements() noexcept {
    static constexpr Callee kFromProcess[] = {{"call.process.same_process", Placement::domain},
                                              {"call.process.sync_caller", Placement::sync_caller},
                                              {"call.process.kernel", Placement::kernel},
                                              {"call.process.process", Placement::user_process}};
    static constexpr Callee kFromKernel[] = {{"call.kernel.sync_caller", Placement::sync_caller},
                                             {"call.kernel.kernel", Placement::kernel},
                                             {"call.kernel.process", Placement::user_process}};
    if (own_domain() != 0) {
        for (const Callee& callee : kFromProcess)
            CW_CO_CHECK(co_await measure(callee.name, callee.placement));
    } else {
        for (const Callee& callee : kFromKernel)
            CW_CO_CHECK(co_await measure(callee.name, callee.placement));
    }
    co_return cw::Nothing{};
}

} // namespace bench
