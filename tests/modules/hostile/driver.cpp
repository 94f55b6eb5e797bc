// Loads the hostile module again and again, each time with the next seed and the next deed, until
// so many forgeries were tried as echo.ping is asked for; all the while innocent services, in a
// process and in the kernel, must answer rightly, and nothing may be left behind.
#include <cw/core/service/memory.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/text.hpp>
#include <cw/modules/console.hpp>
#include <cw/modules/echo.hpp>
#include <cw/modules/swift.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <cw/tests/hostile.hpp>
#include <string_view>

CW_MODULE(hostile_driver, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::memory::statistics);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(cw::modules::describe);
CW_REQUIRE(console::write);
CW_REQUIRE(swift::ping);
CW_REQUIRE(innocent::ping);
CW_REQUIRE(hostile::obey, cw::abi::kMethodOptional);

namespace {

using cw::Status;
using hostile::Deed;

constexpr std::uint64_t kTriesInRound = 4800;
/// More than the messages that the rings of its channels hold.
constexpr std::uint64_t kMostMutationsInTry = 8192;
constexpr std::uint64_t kWarmUp = static_cast<std::uint64_t>(Deed::count);
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kTextOffset = 4096, kTextBytes = 8192;
/// What may be missing in the end: pages of the kernel's own pools, which are never given back.
constexpr std::uint64_t kMostLost = 128 * 1024;

cw::Area area;

struct Totals {
    std::uint64_t rounds = 0, tries = 0, mutations = 0, ended = 0, answers = 0;
    std::uint64_t free_bytes = 0; ///< After the warm-up.
};
Totals totals;

cw::Task<> say(std::string_view text) noexcept {
    __builtin_memcpy(area.data(), text.data(), text.size());
    CW_CO_TRY(written, co_await console::write({area.ref(0, text.size())}));
    static_cast<void>(written);
    co_return cw::Nothing{};
}

template <class... Args>
cw::Task<> complain(std::string_view pattern, Args... args) noexcept {
    cw::Text<300> line;
    line.format("hostile_driver: FAILED in round {}: ", totals.rounds);
    line.format(pattern, args...);
    line.format("\n");
    static_cast<void>(co_await say(line.view()));
    co_return cw::refuse(Status::refused);
}

std::string_view reply_text(std::uint64_t bytes) noexcept {
    return {area.text() + kTextOffset, bytes};
}

cw::Task<> load_hostile() noexcept {
    cw::modules::LoadArguments arguments{};
    __builtin_memcpy(arguments.name.data(), "hostile", 7);
    arguments.placement = static_cast<std::uint8_t>(cw::abi::Placement::user_process);
    arguments.text = area.out(kTextOffset, kTextBytes);
    area.text()[kTextOffset] = '\0';
    CW_CO_TRY(reply, co_await cw::modules::load(arguments));
    if (reply.status != 0)
        co_return co_await complain("load: {}", reply_text(reply.text_bytes));
    co_return cw::Nothing{};
}

/// Gives true if it was still there.
cw::Task<bool> unload_hostile() noexcept {
    cw::modules::UnloadArguments arguments{};
    __builtin_memcpy(arguments.name.data(), "hostile", 7);
    arguments.text = area.out(kTextOffset, kTextBytes);
    CW_CO_TRY(reply, co_await cw::modules::unload(arguments));
    co_return reply.status == 0;
}

/// Both innocents, once each.
cw::Task<> ask_innocents() noexcept {
    const std::uint64_t value = totals.answers * 0x9e37'79b9'7f4a'7c15;
    const auto in_process = co_await innocent::ping({value});
    if (!in_process || in_process->value != value + 1)
        co_return co_await complain("the innocent process does not answer: {}",
                                    cw::name_of(in_process ? Status::ok : in_process.error()));
    const auto in_kernel = co_await swift::ping({value});
    if (!in_kernel || in_kernel->value != value + 1)
        co_return co_await complain("the innocent kernel module does not answer: {}",
                                    cw::name_of(in_kernel ? Status::ok : in_kernel.error()));
    totals.answers += 2;
    co_return cw::Nothing{};
}

/// What the ledger says; the hostile domain may have written anything there.
struct Made {
    std::uint64_t tries, mutations;
};
Made made(std::uint64_t seed) noexcept {
    const auto* ledger = reinterpret_cast<const volatile hostile::Ledger*>(area.data());
    const Made all{ledger->tries, ledger->mutations};
    const bool believed = ledger->seed == seed && ledger->check == ~(all.tries + all.mutations) &&
                          all.tries <= kTriesInRound &&
                          all.mutations <= all.tries * kMostMutationsInTry;
    return believed ? all : Made{};
}

/// One order, and the innocents' answers while it is carried out. Gives false if the order did not
/// arrive: the slot does not lead to the new domain yet.
cw::Task<bool> attack(std::uint64_t seed, Deed deed) noexcept {
    auto* ledger = reinterpret_cast<volatile hostile::Ledger*>(area.data());
    ledger->seed = 0;
    auto order = hostile::obey({seed, kTriesInRound, deed, area.out(0, sizeof(*ledger))});
    const std::uint64_t patience = cw::ticks_after_ns(4 * kSecond);
    while (!order.ready()) {
        CW_CO_CHECK(co_await ask_innocents());
        const bool silent = deed == Deed::sleep && made(seed).tries == kTriesInRound;
        if (silent || cw_module.ops->now() > patience)
            order.cancel();
    }
    const auto outcome = co_await order;
    co_return ledger->seed == seed ||
        (!outcome && outcome.error() != Status::not_found && outcome.error() != Status::peer_died);
}

cw::Task<> run_round(Deed deed) noexcept {
    const std::uint64_t seed = ++totals.rounds;
    CW_CO_CHECK(co_await load_hostile());
    for (int attempts = 0;; ++attempts) {
        CW_CO_TRY(arrived, co_await attack(seed, deed));
        if (arrived)
            break;
        if (attempts == 1000)
            co_return co_await complain("the order never arrived");
        static_cast<void>(co_await cw::sleep_ns(100'000));
    }
    const Made all = made(seed);
    totals.tries += all.tries;
    totals.mutations += all.mutations;
    ++totals.ended; // by itself, or now
    CW_CO_TRY(unloaded, co_await unload_hostile());
    static_cast<void>(unloaded);
    co_return co_await ask_innocents();
}

cw::Task<std::uint64_t> free_bytes() noexcept {
    static_cast<void>(co_await cw::sleep_ns(kSecond / 50)); // the last domain may be on its way out
    CW_CO_TRY(memory, co_await cw::memory::statistics());
    co_return memory.free_bytes;
}

cw::Task<> check_what_is_left() noexcept {
    if (totals.rounds <= kWarmUp)
        co_return co_await complain("too few tries to tell whether memory is lost");
    CW_CO_TRY(left, co_await free_bytes());
    if (left + kMostLost < totals.free_bytes)
        co_return co_await complain("{} bytes of memory are lost", totals.free_bytes - left);
    CW_CO_TRY(table,
              co_await cw::modules::describe(
                  {cw::modules::What::modules, area.out(kTextOffset, kTextBytes)}));
    const std::string_view text = reply_text(table.bytes);
    if (text.find("\nhostile ") != text.npos || text.find("failed") != text.npos)
        co_return co_await complain("a corpse is left:\n{}", text);
    co_return cw::Nothing{};
}

cw::Task<> run(std::uint64_t tries) noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(kTextOffset + kTextBytes));
        area = made;
    }
    totals = {};
    while (totals.tries < tries) {
        CW_CO_CHECK(co_await run_round(
            static_cast<Deed>(totals.rounds % static_cast<std::uint64_t>(Deed::count))));
        if (totals.rounds == kWarmUp) {
            CW_CO_TRY(bytes, co_await free_bytes());
            totals.free_bytes = bytes;
        }
        if (totals.rounds % 16 == 0) {
            cw::Text<100> line;
            line.format("hostile_driver: {} tries, {} forged words so far\n",
                        totals.tries,
                        totals.mutations);
            CW_CO_CHECK(co_await say(line.view()));
        }
    }
    CW_CO_CHECK(co_await run_round(Deed::loop));
    CW_CO_CHECK(co_await check_what_is_left());
    cw::Text<200> line;
    line.format("hostile_driver: passed: {} tries, {} forged words, {} domains ended, {} innocent "
                "answers\n",
                totals.tries,
                totals.mutations,
                totals.ended,
                totals.answers);
    co_return co_await say(line.view());
}

cw::Task<echo::Word> ping(echo::Word tries) noexcept {
    CW_CO_CHECK(co_await run(tries.value));
    co_return echo::Word{totals.tries};
}

} // namespace

CW_PROVIDE(echo::ping, ping);
