// Tries to learn what confined variables say, without the grant for it.
#include "confidant.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/variables.hpp>

CW_MODULE(eavesdropper, {.version = {1, 0}});
CW_READ(confidant::greeting); // of the same publisher, and for everybody
CW_REQUIRE(cw::variables::show);
CW_REQUIRE(cw::variables::wait);

namespace {

constexpr std::string_view kNames[] = {
    "confined/confidant/key", "confined/confidant/pin", confidant::kLateName};

/// 1 if the nucleus refuses it for want of the grant.
template <class T>
std::uint64_t refused(const cw::Result<T>& result) noexcept {
    return !result && result.error() == cw::Status::not_permitted ? 1 : 0;
}

} // namespace

/// 1 to 3: reads the value where the directory says that it is. 0: asks for it in every way; how
/// many of six were refused.
CW_PROVIDE(echo::ping, [](echo::Word what) -> cw::Task<echo::Word> {
    const cw::variables::Directory directory = cw::shared_variables();
    if (what.value >= 1 && what.value <= 3) {
        const auto* entry = directory.find(kNames[what.value - 1]);
        const std::uint64_t address = entry->address.load(cw::Order::relaxed);
        co_return echo::Word{*reinterpret_cast<const volatile std::uint64_t*>(address)};
    }
    std::uint64_t count = 0;
    for (const std::string_view name : kNames) {
        const auto* entry = directory.find(name);
        if (entry == nullptr)
            co_return cw::refuse(cw::Status::not_found);
        count += refused(co_await cw::variables::bind<confidant::Key>(name));
        count += refused(co_await cw::variables::wait({entry->index, {}}));
    }
    const auto greeting = confidant::greeting.read();
    co_return echo::Word{count * 10 + (greeting ? *greeting : 0)};
});
