// Drives the real-time clock of the machine, well and badly, one thing for each value of echo.ping.
#include <cw/core/registers.hpp>
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>

#define DECLARE(name, ...) CW_MODULE(name, __VA_ARGS__)
DECLARE(CW_TEST_MODULE, {.version = {1, 0}});

namespace {

// Source: QEMU, hw/rtc/goldfish_rtc.c: the upper half of the alarm is what was written to it.
struct TimeLow : cw::reg::ReadOnly<std::uint32_t, 0x00> {};
struct TimeHigh : cw::reg::ReadOnly<std::uint32_t, 0x04> {};
struct AlarmHigh : cw::reg::Shared<std::uint32_t, 0x0c> {};

constinit cw::abi::DeviceGrant device{};
cw::RegisterLock<> lock;

enum Ask : std::uint64_t { kTime, kFetchAdd, kExchange, kAlarm = 16 };

echo::Word ping(echo::Word word) noexcept {
    const cw::RegisterBlock<0x24> clock{device.registers, lock};
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
