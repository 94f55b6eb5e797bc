// Tests of what the nucleus publishes: each variable against the service that says the same.
#include <cstring>
#include <cw/core/service/memory.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/service/system.hpp>
#include <cw/core/variables/clock.hpp>
#include <cw/core/variables/system.hpp>
#include <cw/modules/echo.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/own.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/variables.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(system_test, {.version = {1, 0}});
CW_REQUIRE(cw::clock::now);
CW_REQUIRE(cw::memory::statistics);
CW_REQUIRE(cw::modules::counters);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(echo::ping, cw::abi::kMethodOptional);
CW_REQUIRE(cw::variables::wait);
CW_READ(cw::clock::scale);
CW_READ(cw::clock::coarse);
CW_READ(cw::sysinfo::boot);
CW_READ(cw::sysinfo::memory);
CW_READ(cw::sysinfo::load);
CW_READ(cw::sysinfo::placements);
CW_READ(cw::sysinfo::executors);
CW_READ(cw::sysinfo::totals);

namespace {

/// Read by a constructor, before anything else of this module has run.
const cw::Result<std::uint64_t> at_start = cw::clock::monotonic_ns();

namespace sysinfo = cw::sysinfo;

/// Long enough for several samples, and for what was under way to be over, on a slow machine too.
constexpr int kTries = 200;

auto soon() noexcept {
    return cw::sleep_ns(20'000'000);
}

std::string_view text_of(const sysinfo::Name& name) noexcept {
    const std::string_view all{name.data(), name.size()};
    return all.substr(0, all.find('\0'));
}

} // namespace

CW_TEST(the_boot_has_a_number_and_harts) {
    CW_EXPECT_VALUE(boot, sysinfo::boot.read());
    CW_EXPECT_EQUAL(boot.number, cw::shared_variables().header().boot);
    CW_EXPECT(boot.harts >= 1);
    CW_EXPECT_EQUAL(boot.page_bytes, 4096u);
    CW_EXPECT(boot.ticks_per_second > 0);
}

CW_TEST(variables_are_there_for_constructors) {
    CW_EXPECT(at_start.has_value());
    CW_EXPECT_VALUE(now, cw::clock::monotonic_ns());
    CW_EXPECT(*at_start <= now);
}

CW_TEST(that_nothing_happens_is_said_in_time) {
    const auto& entry = sysinfo::boot.entry();
    const auto waited = co_await cw::variables::wait({entry.index, cw::variables::seen(entry)});
    CW_EXPECT_EQUAL(waited.error(), cw::Status::timed_out);
    CW_EXPECT_EQUAL(entry.watchers.load(cw::Order::relaxed), 0u);
}

CW_TEST(the_coarse_clock_follows_the_fine_one) {
    std::uint64_t before = 0;
    bool moved = false;
    for (int i = 0; i < kTries && !moved; ++i) {
        CW_EXPECT_VALUE(coarse, cw::clock::coarse.read());
        CW_EXPECT_VALUE(fine, cw::clock::monotonic_ns());
        CW_EXPECT(coarse.boot_ns <= fine);
        CW_EXPECT(coarse.boot_ns >= before);
        moved = before != 0 && coarse.boot_ns > before;
        before = coarse.boot_ns;
        static_cast<void>(co_await soon());
    }
    CW_EXPECT(moved);
    const auto seconds = cw::clock::coarse_seconds();
    if (!seconds) {
        CW_EXPECT_EQUAL(seconds.error(), cw::Status::unsupported);
        co_return;
    }
    CW_EXPECT_VALUE(wall, cw::clock::wall_clock_ns());
    CW_EXPECT(*seconds <= wall / 1'000'000'000);
}

CW_TEST(memory_is_what_its_service_says) {
    bool same = false;
    for (int i = 0; i < kTries && !same; ++i) {
        CW_EXPECT_VALUE(before, co_await cw::memory::statistics());
        CW_EXPECT_VALUE(read, sysinfo::memory.read());
        CW_EXPECT_EQUAL(read.total_bytes, before.total_bytes);
        same = read.free_bytes == before.free_bytes;
        static_cast<void>(co_await soon());
    }
    CW_EXPECT(same);
}

CW_TEST(this_module_is_among_those_that_are_placed) {
    bool found = false;
    for (int i = 0; i < kTries && !found; ++i) {
        CW_EXPECT_VALUE(placements, sysinfo::placements.read());
        CW_EXPECT_VALUE(load, sysinfo::load.read());
        for (std::uint64_t n = 0; n < placements.count && n < placements.modules.size(); ++n) {
            const sysinfo::Place& place = placements.modules[n];
            if (text_of(place.module) == "system_test")
                CW_EXPECT_EQUAL(place.domain, cw::own_domain());
            found = found || (text_of(place.module) == "system_test" && place.stage == 1 &&
                              placements.count == load.modules);
        }
        CW_EXPECT(load.executors >= 1);
        static_cast<void>(co_await soon());
    }
    CW_EXPECT(found);
}

CW_TEST(counters_of_an_executor_are_those_of_its_service) {
    cw::modules::CounterArguments who{};
    bool same = false;
    for (int i = 0; i < kTries && !same; ++i) {
        // Its own work moves them: read, ask, and see that nothing went back.
        CW_EXPECT_VALUE(executors, sysinfo::executors.read());
        for (std::uint64_t n = 0; n < executors.count && n < executors.executors.size(); ++n) {
            const sysinfo::Counters& counters = executors.executors[n];
            if (text_of(counters.module).empty())
                continue;
            std::memcpy(who.module.data(), counters.module.data(), who.module.size());
            const auto now = co_await cw::modules::counters(who);
            if (!now)
                continue; // it has gone meanwhile
            CW_EXPECT(counters.received <= now->received);
            CW_EXPECT(counters.completed <= now->completed);
            CW_EXPECT_EQUAL(counters.faults, now->faults);
            same = same || (counters.received == now->received && counters.waits != 0);
        }
        static_cast<void>(co_await soon());
    }
    CW_EXPECT(same);
}

CW_TEST(what_an_executor_has_counted_stays_in_the_sum_when_it_has_ended) {
    constexpr std::uint64_t kCalls = 500;
    constexpr std::string_view kEcho = "echo";
    CW_EXPECT_VALUE(area, co_await cw::Area::create(4096));
    CW_EXPECT_VALUE(before, sysinfo::totals.read());
    cw::modules::LoadArguments arguments{};
    kEcho.copy(arguments.name.data(), kEcho.size());
    arguments.placement = static_cast<std::uint8_t>(cw::abi::Placement::user_process);
    arguments.text = area.out(0, 2048);
    area.text()[0] = '\0';
    CW_EXPECT_VALUE(loaded, co_await cw::modules::load(arguments));
    CW_EXPECT_EQUAL(static_cast<cw::Status>(loaded.status), cw::Status::ok);
    std::uint64_t answered = 0;
    for (int tries = 0; tries < 2000 && answered < kCalls; ++tries) {
        const auto reply = co_await echo::ping({1});
        answered += reply ? 1 : 0;
        if (!reply) // it is not linked yet
            static_cast<void>(co_await cw::sleep_ns(1'000'000));
    }
    CW_EXPECT_EQUAL(answered, kCalls);
    cw::modules::UnloadArguments which{};
    kEcho.copy(which.name.data(), kEcho.size());
    which.text = area.out(0, 2048);
    CW_EXPECT_VALUE(unloaded, co_await cw::modules::unload(which));
    CW_EXPECT_EQUAL(static_cast<cw::Status>(unloaded.status), cw::Status::ok);
    // Its executor goes a little later; the sum is as old as the last look.
    sysinfo::Totals last = before;
    bool all = false, ended = false;
    for (int i = 0; i < kTries && !(all && ended); ++i) {
        CW_EXPECT_VALUE(now, sysinfo::totals.read());
        CW_EXPECT_VALUE(load, sysinfo::load.read());
        CW_EXPECT(now.received >= last.received && now.completed >= last.completed);
        CW_EXPECT(now.waits >= last.waits && now.executors >= last.executors);
        all = now.received >= before.received + kCalls &&
              now.completed >= before.completed + kCalls && now.executors > before.executors;
        ended = load.executors < now.executors;
        last = now;
        static_cast<void>(co_await soon());
    }
    CW_EXPECT(all && ended);
}
