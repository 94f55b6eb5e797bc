#include "valve.hpp"
#include <cw/sdk/cells.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(valve, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::cells::create);
CW_REQUIRE(cw::cells::destroy);

namespace {

cw::Area scratch;
bool made;
cw::cells::Owned<valve::Level> level;
cw::cells::Owned<valve::Tilt> tilt;
cw::cells::Owned<valve::Form> form;
valve::Form last = valve::form_of(3);

cw::Task<cw::Nothing> make(cw::Nothing) noexcept {
    if (made)
        co_return cw::Nothing{};
    if (scratch.size() == 0) {
        CW_CO_TRY(area, co_await cw::Area::create(4096));
        scratch = area;
    }
    CW_CO_TRY(new_level,
              co_await cw::cells::create_as<valve::Level>(
                  "valve/level", {.initial = 50, .min = 10, .max = 1000}, scratch));
    CW_CO_TRY(
        new_tilt,
        co_await cw::cells::create_as<valve::Tilt>(
            "valve/tilt",
            {.initial = -5, .min = -100, .max = 100, .on_release = cw::cells::OnRelease::revert},
            scratch));
    CW_CO_TRY(new_form,
              co_await cw::cells::create_as<valve::Form>(
                  "valve/form",
                  {.initial = valve::form_of(3), .on_release = cw::cells::OnRelease::revert},
                  scratch));
    level = new_level;
    tilt = new_tilt;
    form = new_form;
    made = true;
    co_return cw::Nothing{};
}

cw::Task<cw::Nothing> drop(cw::Nothing) noexcept {
    made = false;
    CW_CO_CHECK(co_await cw::cells::destroy(level.which()));
    CW_CO_CHECK(co_await cw::cells::destroy(tilt.which()));
    CW_CO_CHECK(co_await cw::cells::destroy(form.which()));
    co_return cw::Nothing{};
}

[[noreturn]] void crash() noexcept {
    *reinterpret_cast<volatile std::uint64_t*>(8) = 1;
    __builtin_trap();
}

valve::Reading read_level(cw::Nothing) noexcept {
    const auto sample = level.sample();
    level.applied(sample);
    return {sample.value, level.rejects()};
}

valve::Reading read_tilt(cw::Nothing) noexcept {
    const auto sample = tilt.sample();
    tilt.applied(sample);
    return {static_cast<std::uint64_t>(sample.value), tilt.rejects()};
}

valve::Reading read_form(cw::Nothing) noexcept {
    static_cast<void>(form.apply(last, [](const valve::Form& next) {
        return next.number >= 1000 || next.number % 2 == 0 || next.number == 3;
    }));
    return {last.number, form.rejects()};
}

valve::Sum flood(valve::Count wanted) noexcept {
    valve::Sum sum{};
    for (; sum.loads < wanted.count; ++sum.loads) {
        const valve::Level now = level.load();
        sum.torn += now < 10 || now > 1000 ? 1u : 0u;
        valve::Form whole = valve::form_of(0);
        static_cast<void>(form.load(whole));
        sum.torn += valve::is_whole(whole) ? 0u : 1u;
    }
    return sum;
}

} // namespace

CW_PROVIDE(valve::make, make);
CW_PROVIDE(valve::drop, drop);
CW_PROVIDE(valve::level, read_level);
CW_PROVIDE(valve::tilt, read_tilt);
CW_PROVIDE(valve::form, read_form);
CW_PROVIDE(valve::flood, flood);
CW_PROVIDE(valve::crash, [](cw::Nothing) { crash(); });
