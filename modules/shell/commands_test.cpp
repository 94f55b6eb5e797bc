// `test`: loads a module of tests (cw/sdk/test.hpp), runs them one after the other, unloads it.
#include "commands.hpp"
#include "load_options.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include <array>
#include <cw/sdk/wait.hpp>

namespace shell {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMostSeconds = 10; ///< For one test, and for unloading its module.

struct Tally {
    std::uint64_t passed = 0;
    std::uint64_t failed = 0;
};

std::uint64_t deadline() noexcept {
    return cw::ticks_after_ns(kMostSeconds * kSecond);
}

std::string_view name_of(cw::abi::Placement placement) noexcept {
    switch (placement) {
    case cw::abi::Placement::kernel:
        return "kernel";
    case cw::abi::Placement::user_process:
        return "user-process";
    case cw::abi::Placement::sync_caller:
        return "sync-caller";
    case cw::abi::Placement::domain:
        return "domain";
    }
    return "?";
}

std::string_view view(const cw::test::Part& part) noexcept {
    return {part.text.data(), std::min<std::uint64_t>(part.bytes, part.text.size())};
}

cw::Task<cw::Text<80>> name_of_test(std::uint64_t index) noexcept {
    cw::Text<80> name;
    for (std::uint64_t offset = 0;;) {
        CW_CO_TRY(part, co_await cw::test::name({index, offset}).by(deadline()));
        if (part.bytes == 0)
            co_return name;
        name.format("{}", view(part));
        offset += part.bytes;
    }
}

cw::Task<> put_failure() noexcept {
    for (std::uint64_t offset = 0;;) {
        CW_CO_TRY(part, co_await cw::test::failure({offset}).by(deadline()));
        if (part.bytes == 0)
            co_return cw::Nothing{};
        out.put(view(part));
        offset += part.bytes;
    }
}

/// False: nothing more can be asked of the module.
cw::Task<bool> run_test(std::uint64_t index, Tally* tally) noexcept {
    CW_CO_TRY(name, co_await name_of_test(index)); // afterwards the module may be gone
    const auto outcome = co_await cw::test::run({index}).by(deadline());
    const bool passed = outcome && outcome->passed == 1;
    ++(passed ? tally->passed : tally->failed);
    out.format("{} {}", passed ? "ok" : "FAILED", name.view());
    if (!outcome && outcome.error() == cw::Status::timed_out)
        out.format(": did not end within {} s", kMostSeconds);
    else if (!outcome)
        out.format(": {}; `log` may say why", cw::name_of(outcome.error()));
    else if (!passed) {
        out.put(": ");
        static_cast<void>(co_await put_failure());
    }
    out.put("\n");
    CW_CO_CHECK(co_await out.flush());
    co_return outcome.has_value();
}

cw::Task<Tally> run_tests() noexcept {
    Tally tally;
    CW_CO_TRY(count, co_await cw::test::count().by(deadline()));
    for (std::uint64_t index = 0; index < count.tests; ++index) {
        CW_CO_TRY(more, co_await run_test(index, &tally));
        if (more)
            continue;
        const std::uint64_t left = count.tests - index - 1;
        tally.failed += left;
        if (left != 0)
            out.format("FAILED: {} more could not be run\n", left);
        break;
    }
    if (count.tests == 0)
        out.put("FAILED: there are no tests in it; CW_TEST(name) makes one\n");
    co_return tally;
}

/// Runs the tests of a module that is loaded. Errors: not_found (it has none).
cw::Task<Tally> run_loaded(std::string_view module) noexcept {
    const auto linked = co_await wait_until_linked("test", module);
    if (!linked) {
        out.format("{}: provides no tests: a module of tests includes <cw/sdk/test.hpp>, and only "
                   "one of them can be loaded at a time\n",
                   module);
        co_return cw::refuse(linked.error());
    }
    co_return co_await run_tests();
}

} // namespace

cw::Task<int> test(Arguments words) noexcept {
    static constinit std::array<char, 240> wrong_memory{};
    cw::TextWriter wrong{wrong_memory.data(), wrong_memory.size()};
    LoadOptions options;
    if (!parse_load_options(words, options, wrong)) {
        out.format("test: {}\n", wrong.text());
        co_return kFailed;
    }
    CW_CO_TRY(loaded, co_await load(options));
    CW_CO_CHECK(co_await out.write(loaded.text));
    if (loaded.status != cw::Status::ok || options.dry_run)
        co_return loaded.status == cw::Status::ok ? kDone : kFailed;
    CW_CO_CHECK(co_await out.flush());

    const auto tally = co_await run_loaded(options.module);
    // A module that hangs in a loop cannot be unloaded, and a process that ended need not be.
    const auto unloaded = co_await unload(options.module, deadline());
    const bool gone = unloaded && (unloaded->status == cw::Status::ok ||
                                   unloaded->status == cw::Status::not_found);
    if (!gone)
        out.format("{}: cannot be unloaded: {}\n",
                   options.module,
                   cw::name_of(unloaded ? unloaded->status : unloaded.error()));
    if (!tally)
        co_return kFailed;
    out.format("@tests module={} placement={} passed={} failed={}\n",
               options.module,
               name_of(options.placement),
               tally->passed,
               tally->failed);
    co_return gone && tally->failed == 0 && tally->passed != 0 ? kDone : kFailed;
}

} // namespace shell
