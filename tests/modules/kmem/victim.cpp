#include "victim.hpp"
#include <array>
#include <cw/core/service/kmem.hpp>
#include <cw/core/service/kmem_lab.hpp>
#include <cw/core/service/memory.hpp>
#include <cw/core/variables/clock.hpp>
#include <cw/modules/echo.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/heap.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/variables.hpp>

CW_MODULE(victim, {.version = {1, 0}, .heap_bytes = 256 * 1024, .frame_bytes = 16 * 1024});
CW_HEAP;
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::variables::declare);
CW_REQUIRE(cw::cells::create);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::kmem::fail_at);
CW_REQUIRE(cw::kmem_lab::open);
CW_REQUIRE(cw::kmem_lab::allocate);
CW_REQUIRE(echo::ping);
CW_PUBLISH(victim::calls);
CW_READ(cw::clock::scale);

namespace {

template <class T>
std::uint64_t status_of(const cw::Result<T>& result) noexcept {
    return static_cast<std::uint64_t>(result ? cw::Status::ok : result.error());
}

/// A cell of each form, and this module holds them.
cw::Task<> own_cells(const cw::Area& scratch) noexcept {
    using Wide = std::array<std::uint64_t, 3>;
    CW_CO_CHECK(co_await cw::cells::create_as<std::uint64_t>("victim/number", {}, scratch));
    CW_CO_CHECK(co_await cw::cells::create_as<Wide>("victim/wide", {}, scratch));
    CW_CO_CHECK(co_await cw::cells::open_as<std::uint64_t>("victim/number", {}, scratch));
    CW_CO_CHECK(co_await cw::cells::open_as<Wide>("victim/wide", {.lease_ms = 10'000}, scratch));
    co_return cw::Nothing{};
}

cw::Task<victim::Outcomes> work(victim::Wanted wanted) noexcept {
    victim::Outcomes outcomes{};
    const auto reserved = co_await cw::heap::reserve(100'000);
    outcomes.heap = status_of(reserved);
    const auto set = co_await cw::kmem::fail_at({{'n', 'o', 'n', 'e'}, 1});
    outcomes.fail = status_of(set);
    if (wanted.own_domain != 0) {
        const auto area = co_await cw::Area::create(3 * 4096);
        outcomes.area = status_of(area);
        if (area) {
            const auto declared =
                co_await cw::variables::declare_as<victim::Outcomes>("victim/outcomes", *area);
            const auto own = co_await own_cells(*area);
            outcomes.variable = declared ? status_of(own) : status_of(declared);
        }
        if (area && !set && set.error() == cw::Status::not_permitted) {
            const auto cell =
                co_await cw::cells::open_as<std::uint64_t>("kmem/fail/kmem_lab.caches", {}, *area);
            outcomes.fail = status_of(cell);
        }
        const auto cache = co_await cw::kmem_lab::open({cw::kmem_lab::Policy::bitmap, 600});
        outcomes.lab = status_of(cache);
        if (cache) {
            const auto held = co_await cw::kmem_lab::allocate({cache->cache, victim::kLabObjects});
            outcomes.lab = status_of(held);
        }
    }
    const auto pong = co_await echo::ping({1});
    outcomes.echo = status_of(pong);
    victim::calls.update([](victim::Word& word) { ++word.value; });
    co_return outcomes;
}

} // namespace

CW_PROVIDE(victim::next, [](victim::Word word) { return victim::Word{word.value + 1}; });
CW_PROVIDE(victim::work, work);
CW_PROVIDE(victim::count, [](victim::Text text) { return victim::Word{text.text.size_bytes}; });
CW_PROVIDE(victim::die, [](cw::Nothing) { __builtin_trap(); });
