#include "cells.hpp"
#include "measure.hpp"
#include <cw/modules/mate.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/use.hpp>
#include <cw/sdk/wait.hpp>

CW_USES(cw::cells::create);
CW_USES(cw::cells::destroy);
CW_USES(cw::cells::open);
CW_USES(cw::cells::close);
CW_USES(mate::follow);

namespace bench {

cw::Task<> measure_cells() noexcept {
    using cw::raw::instructions;
    using Value = std::uint64_t;
    CW_CO_TRY(cell,
              co_await cw::cells::create_as<Value>(
                  "bench/cell", {.initial = 1, .min = 1, .max = 1'000'000}, area));
    CW_CO_TRY(handle, co_await cw::cells::open_as<Value>("bench/cell", {}, area));
    const std::uint64_t base = overhead();
    std::uint64_t wrong = 0;
    for (Value i = 1; i <= std::uint64_t{kRepeats}; ++i) {
        const std::uint64_t before = instructions();
        handle.store(i);
        figure.add(instructions() - before - base);
        wrong += cell.load() == i ? 0u : 1u;
    }
    static_cast<void>(co_await report("cell.store", "instructions"));
    for (Value i = 1; i <= std::uint64_t{kRepeats}; ++i) {
        handle.store(i);
        const std::uint64_t before = instructions();
        const Value value = cell.load();
        asm volatile("" ::"r"(value));
        figure.add(instructions() - before - base);
        wrong += value == i ? 0u : 1u;
    }
    static_cast<void>(co_await report("cell.load", "instructions"));
    CW_CO_CHECK(co_await cw::cells::close(handle.which()));
    CW_CO_CHECK(co_await cw::cells::destroy(cell.which()));
    if (wrong != 0)
        co_return cw::refuse(cw::Status::refused);
    co_return cw::Nothing{};
}

cw::Task<> measure_effect() noexcept {
    constexpr std::uint64_t kStores = 500;
    const std::uint64_t picoseconds = 1'000'000'000'000 / cw_module.ops->ticks_per_second;
    auto following = mate::follow();
    auto opened = co_await cw::cells::open_as<std::uint64_t>(mate::kFollowed, {}, area);
    for (int tries = 0; !opened && tries < 1000; ++tries) { // it is not made yet
        static_cast<void>(co_await cw::sleep_ns(1'000'000));
        opened = co_await cw::cells::open_as<std::uint64_t>(mate::kFollowed, {}, area);
    }
    if (!opened)
        co_return cw::refuse(opened.error());
    auto handle = *opened;
    std::uint64_t next = 1;
    for (int i = 0; i < kRepeats; ++i) {
        const std::uint64_t before = cw_module.ops->now();
        for (std::uint64_t n = 0; n < kStores; ++n, ++next) {
            handle.store(next);
            while (handle.applied().value_or(0) != next) {
            }
        }
        figure.add((cw_module.ops->now() - before) * picoseconds / kStores);
    }
    handle.store(mate::kEnough);
    CW_CO_CHECK(co_await following);
    CW_CO_CHECK(co_await cw::cells::close(handle.which()));
    co_return co_await report("cell.effect", "ps");
}

} // namespace bench
