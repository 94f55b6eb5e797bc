// A client that makes calls when it starts, and writes into the log what came of them. Built
// several times, under names of their own: CW_CROWD_NAME with its text, CW_CROWD_METHOD with the
// value of the first call and the number of calls; the others have the value 41.
#include <cstring>
#include <cw/core/service/system.hpp>
#include <cw/core/text.hpp>
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <cw/tests/fault.hpp>
#include <cw/tests/machine.hpp>

#define CW_CROWD_MODULE(name) CW_MODULE(name, {.version = {1, 0}}) // expands the name first
CW_CROWD_MODULE(CW_CROWD_NAME);
CW_REQUIRE(cw::klog::write);
CW_REQUIRE(CW_CROWD_METHOD);

namespace {

[[maybe_unused]] void break_down() noexcept {
    machine::read_nowhere();
}

cw::Task<> call(std::uint64_t number) noexcept {
    static_cast<void>(co_await cw::sleep_ns(1'000'000)); // whoever loads this one goes on
    const std::uint64_t value = number == 0 ? CW_CROWD_VALUE : 41;
    const auto reply = co_await CW_CROWD_METHOD({value});
#ifdef CW_CROWD_BREAKS_AFTER_CALL
    if (number == 0)
        break_down();
#endif
    cw::klog::Line line{};
    cw::TextWriter text{line.text.data(), line.text.size()};
    text.format(
        "{} {}: {}", CW_CROWD_TEXT, value, cw::name_of(reply ? cw::Status::ok : reply.error()));
    static_cast<void>(co_await cw::klog::write(line));
    co_return cw::Nothing{};
}

#ifdef CW_CROWD_BREAKS_DURING_CALL
cw::Task<> break_down_later() noexcept {
    static_cast<void>(co_await cw::sleep_ns(50'000'000));
    break_down();
    co_return cw::Nothing{};
}
#endif

} // namespace

CW_START {
    for (std::uint64_t number = 0; number < CW_CROWD_CALLS; ++number)
        static_cast<void>(cw::spawn(call(number)));
#ifdef CW_CROWD_BREAKS_DURING_CALL
    static_cast<void>(cw::spawn(break_down_later()));
#endif
}
