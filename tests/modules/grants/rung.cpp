// Tries what whoever loaded it may not do either; says what came of it.
#include <cw/core/service/memory.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/service/system.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/tests/hostile.hpp>

CW_MODULE(rung, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::power::off);

namespace {

cw::Task<innocent::Word> ping(innocent::Word way) noexcept {
    if (way.value == 0) {
        const auto off = co_await cw::power::off({0});
        co_return innocent::Word{static_cast<std::uint64_t>(off ? cw::Status::ok : off.error())};
    }
    CW_CO_TRY(area, co_await cw::Area::create(4096));
    cw::modules::LoadArguments arguments{};
    __builtin_memcpy(arguments.name.data(), "text", 4);
    arguments.placement = static_cast<std::uint8_t>(cw::abi::Placement::kernel);
    arguments.text = area.out();
    CW_CO_TRY(reply, co_await cw::modules::load(arguments));
    co_return innocent::Word{reply.status};
}

} // namespace

CW_PROVIDE(innocent::ping, ping);
