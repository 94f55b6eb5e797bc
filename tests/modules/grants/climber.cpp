// Tries what its domain may not do, one thing for each value of echo.ping, and shows what it was
// told.
#include <cw/core/service/memory.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/service/system.hpp>
#include <cw/core/text.hpp>
#include <cw/modules/console.hpp>
#include <cw/modules/echo.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <cw/tests/hostile.hpp>
#include <string_view>

CW_MODULE(climber, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(cw::power::off);
CW_REQUIRE(console::write);
CW_REQUIRE(innocent::ping, cw::abi::kMethodOptional);

namespace {

using cw::abi::Placement;

cw::Area area;
constexpr std::uint64_t kTextBytes = 2048;

cw::Task<> say(std::string_view who, std::string_view text, std::uint32_t status) noexcept {
    cw::TextWriter line{area.text() + kTextBytes, kTextBytes};
    line.format("{}: {}{}\n", who, text, cw::name_of(static_cast<cw::Status>(status)));
    CW_CO_CHECK(co_await console::write({area.ref(kTextBytes, line.size())}));
    co_return cw::Nothing{};
}

cw::Task<> load(std::string_view name,
                unsigned placement,
                std::uint16_t domain = 0,
                std::uint8_t grants = 0,
                std::uint8_t hart = 0) noexcept {
    cw::modules::LoadArguments arguments{};
    __builtin_memcpy(arguments.name.data(), name.data(), name.size());
    arguments.placement = static_cast<std::uint8_t>(placement);
    arguments.domain = domain;
    arguments.grants = grants;
    arguments.hart = hart;
    arguments.text = area.out(0, kTextBytes);
    area.text()[0] = '\0';
    CW_CO_TRY(reply, co_await cw::modules::load(arguments));
    co_return co_await say("load", {area.text(), reply.text_bytes}, reply.status);
}

cw::Task<> unload(std::string_view name) noexcept {
    cw::modules::UnloadArguments arguments{};
    __builtin_memcpy(arguments.name.data(), name.data(), name.size());
    arguments.text = area.out(0, kTextBytes);
    CW_CO_TRY(reply, co_await cw::modules::unload(arguments));
    co_return co_await say("unload", {area.text(), reply.text_bytes}, reply.status);
}

/// Loads a module with more grants than there are, and has it try them.
cw::Task<> pass_on() noexcept {
    CW_CO_CHECK(co_await load("rung", static_cast<unsigned>(Placement::user_process), 0, 0xff));
    for (std::uint64_t way = 0; way < 2; ++way) {
        auto tried = co_await innocent::ping({way});
        while (!tried && tried.error() == cw::Status::not_found) { // not linked yet
            static_cast<void>(co_await cw::sleep_ns(100'000));
            tried = co_await innocent::ping({way});
        }
        CW_CO_CHECK(co_await say("rung",
                                 way == 0 ? "power off: " : "load into the kernel: ",
                                 tried ? static_cast<std::uint32_t>(tried->value)
                                       : static_cast<std::uint32_t>(tried.error())));
    }
    co_return cw::Nothing{};
}

cw::Task<> attempt(std::uint64_t number) noexcept {
    const auto in = [](Placement placement) { return static_cast<unsigned>(placement); };
    switch (number) {
    case 0:
        co_return co_await load("text", in(Placement::kernel));
    case 1:
        co_return co_await load("text", in(Placement::sync_caller));
    case 2:
        co_return co_await load("text", in(Placement::user_process));
    case 3:
        co_return co_await load("text", in(Placement::domain), 1);
    case 4:
        co_return co_await load("text", in(Placement::domain), 0);
    case 5:
        co_return co_await load("text", 200);
    case 6:
        co_return co_await load("text", in(Placement::user_process), 0, 0, 100);
    case 7:
        co_return co_await unload("swift");
    case 8:
        co_return co_await unload("innocent");
    case 9:
        co_return co_await unload("console");
    case 10: {
        const auto off = co_await cw::power::off({0});
        co_return co_await say("power off", "", off ? 0u : static_cast<std::uint32_t>(off.error()));
    }
    default:
        co_return co_await pass_on();
    }
}

cw::Task<echo::Word> ping(echo::Word word) noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(2 * kTextBytes));
        area = made;
    }
    CW_CO_CHECK(co_await attempt(word.value));
    co_return word;
}

} // namespace

CW_PROVIDE(echo::ping, ping);
