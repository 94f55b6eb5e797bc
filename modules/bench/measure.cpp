#include "measure.hpp"
#include <cw/core/service/modules.hpp>
#include <cw/modules/console.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/own.hpp>
#include <cw/sdk/use.hpp>

CW_USES(cw::modules::load);
CW_USES(cw::modules::unload);
CW_USES(console::write);

namespace bench {

using cw::raw::instructions;

cw::Task<> say(std::string_view text) noexcept {
    __builtin_memcpy(area.data(), text.data(), text.size());
    CW_CO_TRY(written, co_await console::write({area.ref(0, text.size())}));
    static_cast<void>(written);
    co_return cw::Nothing{};
}

cw::Task<> report(std::string_view name, std::string_view unit) noexcept {
    cw::Text<200> line;
    figure.print(line, name, unit);
    co_return co_await say(line.view());
}

cw::Task<> load(std::string_view name,
                cw::abi::Placement placement,
                std::uint16_t domain,
                std::string_view links,
                std::uint8_t hart) noexcept {
    cw::modules::LoadArguments arguments{};
    __builtin_memcpy(arguments.name.data(), name.data(), name.size());
    arguments.placement = static_cast<std::uint8_t>(placement);
    arguments.domain = domain;
    arguments.hart = hart;
    arguments.text = area.out(4096, 4096);
    __builtin_memcpy(area.data() + 4096, links.data(), links.size());
    area.text()[4096 + links.size()] = '\0';
    CW_CO_TRY(reply, co_await cw::modules::load(arguments));
    if (reply.status != 0) {
        static_cast<void>(co_await say({area.text() + 4096, reply.text_bytes}));
        co_return cw::refuse(static_cast<cw::Status>(reply.status));
    }
    co_return cw::Nothing{};
}

cw::Task<> unload(std::string_view name) noexcept {
    cw::modules::UnloadArguments arguments{};
    __builtin_memcpy(arguments.name.data(), name.data(), name.size());
    arguments.text = area.out(4096, 4096);
    CW_CO_TRY(reply, co_await cw::modules::unload(arguments));
    static_cast<void>(reply);
    co_return cw::Nothing{};
}

/// What reading the counter twice costs by itself.
std::uint64_t overhead() noexcept {
    std::uint64_t least = ~std::uint64_t{0};
    for (int i = 0; i < 8; ++i) {
        const std::uint64_t before = instructions();
        const std::uint64_t after = instructions();
        least = after - before < least ? after - before : least;
    }
    return least;
}

std::uint16_t own_domain() noexcept {
    return static_cast<std::uint16_t>(cw::own_domain());
}

} // namespace bench
