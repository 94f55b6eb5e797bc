// A provider that goes while calls are pending: each of them completes with peer_died, once. The
// provider is loaded by the test itself, in each placement.
#include "steady.hpp"
#include <cw/core/service/modules.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(unload_test, {.version = {1, 0}, .frame_bytes = 256 * 1024});
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(steady::note, cw::abi::kMethodOptional);
CW_REQUIRE(steady::pause, cw::abi::kMethodOptional);
CW_REQUIRE(steady::insist, cw::abi::kMethodOptional);
CW_REQUIRE(steady::die, cw::abi::kMethodOptional);

namespace {

using cw::Status;
using cw::abi::Placement;

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kHour = 3'600'000'000; // in microseconds
constexpr std::string_view kName = "steady";

/// Loads the provider and waits until calls reach it.
cw::Task<> load(Placement placement) noexcept {
    cw::modules::LoadArguments arguments{};
    kName.copy(arguments.name.data(), kName.size());
    arguments.placement = static_cast<std::uint8_t>(placement);
    CW_CO_TRY(reply, co_await cw::modules::load(arguments));
    if (reply.status != 0)
        co_return cw::refuse(static_cast<Status>(reply.status));
    for (int tries = 0; tries < 1000; ++tries) {
        if (co_await steady::note({0}))
            co_return cw::Nothing{};
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    }
    co_return cw::refuse(Status::timed_out);
}

cw::Task<> unload() noexcept {
    cw::modules::UnloadArguments arguments{};
    kName.copy(arguments.name.data(), kName.size());
    CW_CO_TRY(reply, co_await cw::modules::unload(arguments));
    if (reply.status != 0)
        co_return cw::refuse(static_cast<Status>(reply.status));
    co_return cw::Nothing{};
}

/// Tasks that call and wait, and how each of their calls ended.
constexpr std::uint64_t kMost = 150; // more than there are credits
constexpr std::uint64_t kFew = 50;   // so that another call finds one
std::array<std::uint32_t, kMost> completions;
std::array<Status, kMost> statuses;

cw::Task<> call_and_wait(std::uint64_t index, bool soon) noexcept {
    const auto reply = soon             ? co_await steady::pause({index, 1000})
                       : index % 2 == 0 ? co_await steady::pause({index, kHour})
                                        : co_await steady::insist({index, kHour});
    statuses[index] = reply ? Status::ok : reply.error();
    ++completions[index];
    co_return cw::Nothing{};
}

/// The first `soon` of them end on their own, and leave their credits to others.
void start_tasks(std::uint64_t count, std::uint64_t soon) noexcept {
    completions = {};
    for (std::uint64_t i = 0; i < count; ++i)
        static_cast<void>(cw::spawn(call_and_wait(i, i < soon)));
}

/// True if all have ended with peer_died, each once; else after a few seconds.
cw::Task<bool> all_died(std::uint64_t count, std::uint64_t soon) noexcept {
    const auto died = [count, soon] {
        bool all = true;
        for (std::uint64_t i = 0; i < count; ++i)
            all = all && completions[i] == 1 &&
                  statuses[i] == (i < soon ? Status::ok : Status::peer_died);
        return all;
    };
    for (int tries = 0; tries < 2000 && !died(); ++tries)
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    static_cast<void>(co_await cw::sleep_ns(5 * kMillisecond)); // for a second completion to come
    co_return died();
}

/// True if all calls that were pending when the provider was unloaded died.
cw::Task<bool> unload_under_calls(Placement placement) noexcept {
    CW_CO_CHECK(co_await load(placement));
    start_tasks(kMost, kFew);
    const auto soon_ended = [] {
        return std::all_of(
            completions.begin(), completions.begin() + kFew, [](auto n) { return n == 1; });
    };
    for (int tries = 0; tries < 2000 && !soon_ended(); ++tries)
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    CW_CO_CHECK(co_await unload());
    co_return co_await all_died(kMost, kFew);
}

/// The same when it ends by a fault.
cw::Task<bool> die_under_calls(Placement placement) noexcept {
    CW_CO_CHECK(co_await load(placement));
    start_tasks(kFew, 0);
    const auto reply = co_await steady::die();
    CW_CO_TRY(died, co_await all_died(kFew, 0));
    co_return died && !reply && reply.error() == Status::peer_died;
}

} // namespace

CW_TEST(calls_end_when_a_process_is_unloaded) {
    CW_EXPECT_VALUE(died, co_await unload_under_calls(Placement::user_process));
    CW_EXPECT(died);
}

CW_TEST(calls_end_when_a_kernel_module_is_unloaded) {
    CW_EXPECT_VALUE(died, co_await unload_under_calls(Placement::kernel));
    CW_EXPECT(died);
}

CW_TEST(calls_end_when_a_module_on_our_thread_is_unloaded) {
    CW_EXPECT_VALUE(died, co_await unload_under_calls(Placement::sync_caller));
    CW_EXPECT(died);
}

CW_TEST(calls_end_when_a_process_faults) {
    CW_EXPECT_VALUE(died, co_await die_under_calls(Placement::user_process));
    CW_EXPECT(died);
}

CW_TEST(calls_end_when_a_kernel_module_faults) {
    CW_EXPECT_VALUE(died, co_await die_under_calls(Placement::kernel));
    CW_EXPECT(died);
}

CW_TEST(a_provider_that_is_loaded_again_answers) {
    CW_EXPECT((co_await load(Placement::user_process)).has_value());
    CW_EXPECT_VALUE(reply, co_await steady::note({5}));
    CW_EXPECT_EQUAL(reply.value, 5);
    CW_EXPECT((co_await unload()).has_value());
}
