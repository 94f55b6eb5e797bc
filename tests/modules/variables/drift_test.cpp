// A reader that never stops, of a publisher that is unloaded, killed, and loaded elsewhere.
#include "drifter.hpp"
#include <cstring>
#include <cw/abi/records.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/variables.hpp>

CW_MODULE(drift_test, {.version = {1, 0}, .watchdog_ms = 20'000});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(drifter::flood, cw::abi::kMethodOptional);
CW_REQUIRE(drifter::crash, cw::abi::kMethodOptional);
CW_READ(drifter::report);

namespace {

using cw::variables::epoch_of;
using cw::variables::State;
using cw::variables::state_of;

constexpr std::string_view kName = "drifter";

/// What a reader has seen so far.
struct Reader {
    std::uint64_t number = 0; ///< The greatest.
    std::uint64_t epoch = 0;
    std::uint64_t values = 0, gone = 0;
    bool wrong = false;

    void look() noexcept {
        const std::uint64_t version = drifter::report.entry().version.load();
        gauge::Report report;
        const cw::Status status = drifter::report.read(report);
        wrong |= epoch_of(version) < epoch;
        epoch = epoch_of(version);
        if (status == cw::Status::ok) {
            const gauge::Report expected = gauge::report_of(report.number);
            wrong |= std::memcmp(&report, &expected, sizeof(report)) != 0;
            wrong |= report.number < number;
            number = report.number;
            ++values;
        } else if (status == cw::Status::not_found) {
            ++gone;
        } else {
            wrong |= status != cw::Status::not_ready && status != cw::Status::busy;
        }
    }
    /// Looks until it is in that state, or a good while: on one processor it is for us to let the
    /// others go on.
    void look_until(State state) noexcept {
        for (int looks = 0; looks < 200'000 && !wrong; ++looks) {
            look();
            if (state_of(drifter::report.entry().version.load()) == state)
                return;
        }
    }
};

void name_it(std::array<char, 24>& name) noexcept {
    __builtin_memcpy(name.data(), kName.data(), kName.size());
}

} // namespace

CW_TEST(a_reader_goes_on_while_the_publisher_comes_goes_dies_and_moves) {
    constexpr cw::abi::Placement kPlaces[] = {cw::abi::Placement::kernel,
                                              cw::abi::Placement::user_process,
                                              cw::abi::Placement::sync_caller};
    constexpr int kRounds = 18;
    CW_EXPECT_VALUE(scratch, co_await cw::Area::create(4096));
    Reader reader;
    reader.look();
    const std::uint64_t before = reader.epoch;
    for (int round = 0; round < kRounds; ++round) {
        const cw::abi::Placement place = kPlaces[round % 3];
        cw::modules::LoadArguments load{};
        name_it(load.name);
        load.placement = static_cast<std::uint8_t>(place);
        load.text = scratch.out(0, 4096);
        scratch.text()[0] = '\0';
        auto loading = cw::modules::load(load);
        reader.look_until(State::live);
        CW_EXPECT_VALUE(loaded, co_await loading);
        CW_EXPECT_EQUAL(loaded.status, 0u);
        CW_EXPECT_EQUAL(drifter::report.read().error(), cw::Status::not_ready);
        // Reads go there by the link alone; as long as it is there.
        const auto& link = drifter::report.link().place;
        const std::uint64_t value = drifter::report.entry().address.load(cw::Order::relaxed);
        CW_EXPECT_EQUAL(link.load(), value);

        const std::uint64_t first = static_cast<std::uint64_t>(round) * drifter::kFlood;
        auto flooding = drifter::flood({first});
        for (int looks = 0; looks < 20'000; ++looks)
            reader.look();
        CW_EXPECT((co_await flooding).has_value());
        reader.look();
        CW_EXPECT_EQUAL(reader.number, first + drifter::kFlood - 1);

        if (place == cw::abi::Placement::user_process && round % 2 == 0) {
            auto dying = drifter::crash({});
            reader.look_until(State::gone);
            CW_EXPECT_EQUAL((co_await dying).error(), cw::Status::peer_died);
        } else {
            cw::modules::UnloadArguments unload{};
            name_it(unload.name);
            unload.text = scratch.out(0, 4096);
            auto unloading = cw::modules::unload(unload);
            reader.look_until(State::gone);
            CW_EXPECT_VALUE(unloaded, co_await unloading);
            CW_EXPECT_EQUAL(unloaded.status, 0u);
        }
        CW_EXPECT_EQUAL(drifter::report.read().error(), cw::Status::not_found);
        CW_EXPECT(link.load() != value);
        CW_EXPECT(!reader.wrong);
    }
    reader.look();
    CW_EXPECT(reader.epoch >= before + kRounds);
    CW_EXPECT(reader.values > kRounds);
    CW_EXPECT(reader.gone > kRounds);
}
