// A client that makes one call when it starts, and writes into the log what came of it. Built
// several times, under names of their own.
#include <cstring>
#include <cw/core/service/system.hpp>
#include <cw/core/text.hpp>
#include <cw/modules/echo.hpp>
#include <cw/modules/fault.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

#define CW_CROWD_MODULE(name) CW_MODULE(name, {.version = {1, 0}}) // expands the name first
CW_CROWD_MODULE(CW_CROWD_NAME);
CW_REQUIRE(cw::klog::write);
CW_REQUIRE(CW_CROWD_METHOD);

namespace {

cw::Task<> call() noexcept {
    static_cast<void>(co_await cw::sleep_ns(1'000'000)); // whoever loads this one goes on
    const auto reply = co_await CW_CROWD_METHOD({CW_CROWD_VALUE});
    cw::klog::Line line{};
    cw::TextWriter text{line.text.data(), line.text.size()};
    text.format("{} {}: {}",
                CW_CROWD_TEXT,
                CW_CROWD_VALUE,
                cw::name_of(reply ? cw::Status::ok : reply.error()));
    static_cast<void>(co_await cw::klog::write(line));
    co_return cw::Nothing{};
}

#ifdef CW_CROWD_BREAKS
/// While its call is under way.
cw::Task<> break_down() noexcept {
    static_cast<void>(co_await cw::sleep_ns(50'000'000));
    asm volatile("ld zero, 8(zero)" ::: "memory");
    co_return cw::Nothing{};
}
#endif

} // namespace

CW_START {
    static_cast<void>(cw::spawn(call()));
#ifdef CW_CROWD_BREAKS
    static_cast<void>(cw::spawn(break_down()));
#endif
}
