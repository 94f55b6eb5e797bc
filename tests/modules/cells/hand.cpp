#include "valve.hpp"
#include <cw/sdk/cells.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(hand, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::cells::close);

namespace {

cw::Area scratch;
cw::cells::Held<valve::Level> level;
cw::cells::Held<valve::Tilt> tilt;
cw::cells::Held<valve::Form> form;

template <class T>
hand::State state_of(const T& cell) noexcept {
    return {static_cast<std::uint64_t>(cell.state()), cell.epoch()};
}

template <class T>
cw::Task<hand::State> open_as(T& cell, std::string_view name, const hand::Choice& choice) noexcept {
    using Value =
        std::conditional_t<std::is_same_v<T, cw::cells::Held<valve::Level>>,
                           valve::Level,
                           std::conditional_t<std::is_same_v<T, cw::cells::Held<valve::Tilt>>,
                                              valve::Tilt,
                                              valve::Form>>;
    CW_CO_TRY(opened,
              co_await cw::cells::open_as<Value>(
                  name,
                  {.mode = static_cast<cw::cells::Mode>(choice.mode),
                   .lease_ms = static_cast<std::uint32_t>(choice.lease_ms)},
                  scratch));
    cell = opened;
    co_return state_of(cell);
}

cw::Task<hand::State> open(hand::Choice choice) noexcept {
    if (scratch.size() == 0) {
        CW_CO_TRY(area, co_await cw::Area::create(4096));
        scratch = area;
    }
    if (choice.cell == 0)
        co_return co_await open_as(level, "valve/level", choice);
    if (choice.cell == 1)
        co_return co_await open_as(tilt, "valve/tilt", choice);
    co_return co_await open_as(form, "valve/form", choice);
}

hand::State state(hand::What what) noexcept {
    return what.cell == 0 ? state_of(level) : what.cell == 1 ? state_of(tilt) : state_of(form);
}

cw::Task<cw::Nothing> close(hand::What what) noexcept {
    if (what.cell == 0)
        CW_CO_CHECK(co_await cw::cells::close(level.which()));
    else if (what.cell == 1)
        CW_CO_CHECK(co_await cw::cells::close(tilt.which()));
    else
        CW_CO_CHECK(co_await cw::cells::close(form.which()));
    co_return cw::Nothing{};
}

hand::State store(hand::Value stored) noexcept {
    if (stored.cell == 0)
        level.store(static_cast<valve::Level>(stored.value));
    else if (stored.cell == 1)
        tilt.store(static_cast<valve::Tilt>(stored.value));
    else
        form.store(valve::form_of(stored.value));
    return state({stored.cell});
}

hand::State scribble(hand::Value times) noexcept {
    constexpr std::uint64_t kWords = 4096 / 8;
    auto* page = reinterpret_cast<volatile std::uint64_t*>(
        level.entry().address.load(cw::Order::relaxed) & ~std::uint64_t{4095});
    std::uint64_t chance = times.value | 1;
    for (std::uint64_t i = 0; i < times.value; ++i) {
        chance = chance * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
        page[(chance >> 33) % kWords] = chance;
    }
    return state({0});
}

void spoil(hand::What what) noexcept {
    const auto* entry = &level.entry();
    const std::uint64_t where = what.cell == 0 ? reinterpret_cast<std::uint64_t>(&entry->address)
                                               : reinterpret_cast<std::uint64_t>(&level.echo());
    *reinterpret_cast<volatile std::uint64_t*>(where) = 1;
}

void crash() noexcept {
    *reinterpret_cast<volatile std::uint64_t*>(8) = 1;
}

} // namespace

CW_PROVIDE(hand::open, open);
CW_PROVIDE(hand::state, state);
CW_PROVIDE(hand::close, close);
CW_PROVIDE(hand::store, store);
CW_PROVIDE(hand::scribble, scribble);
CW_PROVIDE(hand::spoil, [](hand::What what) { spoil(what); });
CW_PROVIDE(hand::crash, [](cw::Nothing) { crash(); });
