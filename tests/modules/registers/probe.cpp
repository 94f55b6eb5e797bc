// Drives the real-time clock of the machine, well and badly, one thing for each value of echo.ping.
#include <cw/core/registers.hpp>
#include <cw/modules/echo.hpp>
#include <cw/sdk/claims.hpp>
#include <cw/sdk/module.hpp>

#define DECLARE(name, ...) CW_MODULE(name, __VA_ARGS__)
DECLARE(CW_TEST_MODULE, {.version = {1, 0}});
CW_REQUIRE(cw::klog::write);

namespace {

// Source: QEMU, hw/rtc/goldfish_rtc.c: the upper half of the alarm is what was written to it.
struct TimeLow : cw::reg::ReadOnly<std::uint32_t, 0x00> {};
struct TimeHigh : cw::reg::ReadOnly<std::uint32_t, 0x04> {};
struct AlarmHigh : cw::reg::Shared<std::uint32_t, 0x0c> {};

constinit cw::abi::DeviceGrant device{};
constinit cw::WatchedRegisterLock<> lock{"probe/alarm"};
using Clock = cw::RegisterBlock<0x24, cw::WatchedRegisterLock<>>;

enum Ask : std::uint64_t { kTime, kFetchAdd, kExchange, kHold, kLongClaims, kAlarm = 16 };

echo::Word ping(echo::Word word) noexcept {
    const Clock clock{device.registers, lock};
    auto* const alarm = reinterpret_cast<std::uint32_t*>(device.registers + AlarmHigh::kOffset);
    switch (word.value) {
    case kTime: {
        const std::uint64_t low = clock.read<TimeLow>(); // keeps the other half of that moment
        return {(std::uint64_t{clock.read<TimeHigh>()} << 32 | low) > 1'000'000'000'000'000'000};
    }
    case kFetchAdd:
        return {__atomic_fetch_add(alarm, 1, __ATOMIC_RELAXED)};
    case kExchange: {
        std::uint32_t expected = 0;
        return {__atomic_compare_exchange_n(
            alarm, &expected, 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)};
    }
    case kHold: { // far too long: 20 ms
        const auto claim = clock.claim();
        const std::uint64_t begin = cw_module.ops->now();
        while (cw_module.ops->now() - begin < cw_module.ops->ticks_per_second / 50) {
        }
        return {0};
    }
    case kLongClaims:
        return {lock.watch().long_claims()};
    default: {
        const auto claim = clock.claim();
        claim.write<AlarmHigh>(static_cast<std::uint32_t>(word.value));
        return {claim.modify<AlarmHigh>(0xf, 0x3)};
    }
    }
}

} // namespace

CW_DEVICE("google,goldfish-rtc", device);
CW_PROVIDE(echo::ping, ping);
