// Commands about modules.
#include "commands.hpp"
#include "load_options.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include <array>
#include <cw/sdk/wait.hpp>

namespace shell {

namespace {

cw::Task<int> show_table(cw::modules::What what) noexcept {
    CW_CO_TRY(table, co_await describe(what));
    CW_CO_CHECK(co_await out.write(table));
    co_return kDone;
}

cw::Task<int> show(Outcome outcome) noexcept {
    CW_CO_CHECK(co_await out.write(outcome.text));
    co_return outcome.status == cw::Status::ok ? kDone : kFailed;
}

} // namespace

cw::Task<int> modprobe(Arguments words) noexcept {
    static constinit std::array<char, 240> wrong_memory{};
    cw::TextWriter wrong{wrong_memory.data(), wrong_memory.size()};
    LoadOptions options;
    if (!parse_load_options(words, options, wrong)) {
        out.format("modprobe: {}\n", wrong.text());
        co_return kFailed;
    }
    CW_CO_TRY(outcome, co_await load(options));
    co_return co_await show(outcome);
}

cw::Task<int> rmmod(Arguments words) noexcept {
    CW_CO_TRY(outcome, co_await unload(words[0]));
    co_return co_await show(outcome);
}

cw::Task<int> lsmod(Arguments words) noexcept {
    using cw::modules::What;
    if (words.empty())
        co_return co_await show_table(What::modules);
    if (words[0] == "--edges")
        co_return co_await show_table(What::edges);
    if (words[0] == "--files")
        co_return co_await show_table(What::files);
    if (words[0] == "--stubs")
        co_return co_await show_table(What::stubs);
    out.format("lsmod: {}: no such option; there are --edges, --files and --stubs\n", words[0]);
    co_return kFailed;
}

cw::Task<int> services(Arguments) noexcept {
    co_return co_await show_table(cw::modules::What::services);
}

cw::Task<int> domains(Arguments) noexcept {
    co_return co_await show_table(cw::modules::What::domains);
}

cw::Task<int> bench(Arguments words) noexcept {
    ::bench::Which which{::bench::What::paths};
    if (!words.empty()) {
        if (words[0] == "wakes")
            which.what = ::bench::What::wakes;
        else if (words[0] == "remote")
            which.what = ::bench::What::remote;
        else if (words[0] == "sweep")
            which.what = ::bench::What::sweep;
        else if (words[0] == "placements" || words[0] == "placements-kernel")
            which.what = ::bench::What::placements;
        else if (words[0] != "paths") {
            out.format(
                "bench: {}: want paths, placements, placements-kernel, remote, sweep or wakes\n",
                words[0]);
            co_return kFailed;
        }
    }
    LoadOptions options;
    options.module = "bench";
    options.placement = !words.empty() && words[0] == "placements-kernel"
                            ? cw::abi::Placement::kernel
                            : cw::abi::Placement::user_process;
    options.grants = cw::modules::kLoadKernel | cw::modules::kLoadDomain | cw::modules::kPower;
    options.hart = 1;
    CW_CO_TRY(outcome, co_await load(options));
    if (outcome.status != cw::Status::ok)
        co_return co_await show(outcome);
    CW_CO_CHECK(co_await wait_until_linked("bench"));
    const auto measured = co_await ::bench::run(which);
    if (!measured)
        out.format("bench: {}\n", cw::name_of(measured.error()));
    CW_CO_TRY(unloaded, co_await unload("bench"));
    static_cast<void>(unloaded);
    co_return measured ? kDone : kFailed;
}

} // namespace shell
