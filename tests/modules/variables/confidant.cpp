#include "confidant.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/variables.hpp>

CW_MODULE(confidant, {.version = {1, 0}});
CW_PUBLISH(confidant::key);
CW_PUBLISH(confidant::greeting);
CW_PUBLISH(confidant::pin);
CW_READ(confidant::key);
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::variables::declare);

namespace {

cw::variables::Owned<confidant::Key> late;

cw::Task<> declare_late() noexcept {
    CW_CO_TRY(scratch, co_await cw::Area::create(4096));
    CW_CO_TRY(made,
              co_await cw::variables::declare_as<confidant::Key>(confidant::kLateName, scratch));
    late = made;
    late.publish(confidant::kKey);
    co_return cw::Nothing{};
}

} // namespace

CW_START {
    confidant::key.publish(confidant::kKey);
    confidant::pin.publish(confidant::kPin);
    // Its own it may read, whatever its domain may.
    if (const auto read = confidant::key.read(); read && *read == confidant::kKey)
        confidant::greeting.publish(confidant::kGreeting);
    static_cast<void>(cw::spawn(declare_late()));
}
