// Commands about the machine.
#include "commands.hpp"
#include "date.hpp"
#include "keyboard.hpp"
#include "load_options.hpp"
#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"
#include <cw/sdk/wait.hpp>

namespace shell {

namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;

void put_mebibytes(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t kMebibyte = 1 << 20;
    out.format("{}.{} MiB", bytes / kMebibyte, bytes % kMebibyte * 10 / kMebibyte);
}

void put_seconds(std::uint64_t nanoseconds) noexcept {
    cw::Text<32> text;
    text.format("{}.", nanoseconds / kSecond);
    const std::uint64_t milliseconds = nanoseconds % kSecond / kMillisecond;
    text.format(milliseconds < 10 ? "00{}" : milliseconds < 100 ? "0{}" : "{}", milliseconds);
    out.format("{} s", text.view());
}

} // namespace

cw::Task<int> show_log(Arguments) noexcept {
    for (std::uint64_t position = 0;;) {
        CW_CO_TRY(read, co_await cw::klog::read({position, workspace.reply.out()}));
        if (read.bytes == 0)
            co_return kDone;
        position = read.position;
        CW_CO_CHECK(co_await out.write({workspace.reply.text(), read.bytes}));
    }
}

cw::Task<int> memory(Arguments) noexcept {
    CW_CO_TRY(statistics, co_await cw::memory::statistics());
    put_mebibytes(statistics.total_bytes);
    out.put(", free ");
    put_mebibytes(statistics.free_bytes);
    out.put("\n");
    co_return kDone;
}

cw::Task<int> time(Arguments words) noexcept {
    CW_CO_TRY(before, co_await cw::clock::now());
    if (words.empty()) {
        put_seconds(before.nanoseconds);
        out.put(" since boot\n");
        co_return kDone;
    }
    CW_CO_TRY(result, co_await run_words(words));
    CW_CO_CHECK(co_await out.flush());
    CW_CO_TRY(after, co_await cw::clock::now());
    put_seconds(after.nanoseconds - before.nanoseconds);
    out.put("\n");
    co_return result;
}

cw::Task<int> date(Arguments) noexcept {
    const auto moment = co_await cw::clock::wall();
    if (!moment) {
        out.format("date: {}: this machine has no clock that knows\n", cw::name_of(moment.error()));
        co_return kFailed;
    }
    out.format("{} UTC\n", text_of(date_of(moment->nanoseconds / 1'000'000'000)).view());
    co_return kDone;
}

cw::Task<int> sleep(Arguments words) noexcept {
    constexpr std::uint64_t kDay = 24 * 3600 * 1000;
    constexpr std::uint64_t kSlice = 50; // Ctrl-C is looked for so often
    std::uint64_t milliseconds = 0;
    if (!parse_number(words[0], kDay, milliseconds)) {
        out.format("sleep: {}: want milliseconds, at most a day\n", words[0]);
        co_return kFailed;
    }
    CW_CO_CHECK(co_await out.flush());
    while (milliseconds != 0) {
        const std::uint64_t part = milliseconds < kSlice ? milliseconds : kSlice;
        static_cast<void>(co_await cw::sleep_ns(part * kMillisecond));
        milliseconds -= part;
        CW_CO_TRY(stop, co_await wants_to_stop());
        if (stop)
            co_return kFailed;
    }
    co_return kDone;
}

cw::Task<int> poweroff(Arguments words) noexcept {
    std::uint64_t status = static_cast<std::uint64_t>(last_status());
    if (!words.empty() && !parse_number(words[0], 255, status)) {
        out.format("poweroff: {}: want a status from 0 to 255\n", words[0]);
        co_return kFailed;
    }
    CW_CO_CHECK(co_await out.flush());
    CW_CO_CHECK(co_await cw::power::off({status}));
    co_return kDone;
}

} // namespace shell
