// The shell: runs the boot script, then commands that are typed. All it shows and does, it does
// through services.
#include "commands.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "prompt.hpp"
#include "requires_observe.hpp"
#include "services.hpp"
#include "workspace.hpp"
#include <cw/sdk/module.hpp>

CW_MODULE(shell, {.version = {1, 0}, .frame_bytes = 128 * 1024});
CW_REQUIRE(console::put);
CW_REQUIRE(console::write);
CW_REQUIRE(console::read);
CW_REQUIRE(cw::memory::statistics);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(cw::modules::describe);
CW_REQUIRE(cw::modules::counters);
CW_REQUIRE(cw::modules::lent);
CW_REQUIRE(cw::klog::read);
CW_REQUIRE(cw::clock::now);
CW_REQUIRE(cw::clock::wall);
CW_REQUIRE(cw::power::off);
CW_REQUIRE(cw::kmem::fail_at);
CW_REQUIRE(cw::kmem_lab::open);
CW_REQUIRE(cw::kmem_lab::close);
CW_REQUIRE(cw::kmem_lab::allocate);
CW_REQUIRE(cw::kmem_lab::release);
CW_REQUIRE(cw::kmem_lab::counts);
CW_REQUIRE(archive::count, cw::abi::kMethodOptional);
CW_REQUIRE(archive::stat, cw::abi::kMethodOptional);
CW_REQUIRE(archive::name, cw::abi::kMethodOptional);
CW_REQUIRE(archive::find, cw::abi::kMethodOptional);
CW_REQUIRE(archive::read, cw::abi::kMethodOptional);
CW_REQUIRE(digest::open, cw::abi::kMethodOptional);
CW_REQUIRE(digest::update, cw::abi::kMethodOptional);
CW_REQUIRE(digest::finish, cw::abi::kMethodOptional);
CW_REQUIRE(file::open, cw::abi::kMethodOptional);
CW_REQUIRE(file::read, cw::abi::kMethodOptional);
CW_REQUIRE(file::write, cw::abi::kMethodOptional);
CW_REQUIRE(file::sync, cw::abi::kMethodOptional);
CW_REQUIRE(file::stat, cw::abi::kMethodOptional);
CW_REQUIRE(file::list, cw::abi::kMethodOptional);
CW_REQUIRE(file::close, cw::abi::kMethodOptional);
CW_REQUIRE(text::count, cw::abi::kMethodOptional);
CW_REQUIRE(text::find, cw::abi::kMethodOptional);
CW_REQUIRE(bench::run, cw::abi::kMethodOptional);
CW_REQUIRE(cw::test::count, cw::abi::kMethodOptional);
CW_REQUIRE(cw::test::name, cw::abi::kMethodOptional);
CW_REQUIRE(cw::test::run, cw::abi::kMethodOptional);
CW_REQUIRE(cw::test::failure, cw::abi::kMethodOptional);
CW_REQUIRE(echo::ping, cw::abi::kMethodOptional);
CW_REQUIRE(echo::null, cw::abi::kMethodOptional);
CW_REQUIRE(echo::late, cw::abi::kMethodOptional);
CW_REQUIRE(echo::block, cw::abi::kMethodOptional);

namespace shell {

namespace {

constexpr std::string_view kScript = "boot";
constexpr std::uint64_t kMaxScriptBytes = 1 << 20;
constexpr std::uint64_t kNoMemoryStatus = 103; ///< Of the system, when the shell cannot even start.

cw::Task<> take_workspace() noexcept {
    CW_CO_TRY(output, co_await cw::Area::create(kOutputBytes));
    CW_CO_TRY(reply, co_await cw::Area::create(kReplyBytes));
    CW_CO_TRY(names, co_await cw::Area::create(kNamesBytes));
    CW_CO_TRY(data, co_await cw::Area::create(kDataBytes));
    workspace = {.output = output, .reply = reply, .names = names, .data = data};
    co_return cw::Nothing{};
}

/// The text of the boot script; empty if there is none.
cw::Task<std::string_view> boot_script() noexcept {
    CW_CO_TRY(there, co_await ensure("archive", Tell::no));
    if (!there)
        co_return std::string_view{};
    __builtin_memcpy(workspace.names.data(), kScript.data(), kScript.size());
    const archive::FindArguments wanted{
        .kind = static_cast<std::uint64_t>(cw::abi::ArchiveKind::script),
        .name = workspace.names.ref(0, kScript.size())};
    const auto found = co_await archive::find(wanted);
    if (!found || found->bytes == 0)
        co_return std::string_view{};
    if (found->bytes > kMaxScriptBytes)
        co_return cw::refuse(cw::Status::out_of_range);
    CW_CO_TRY(area, co_await cw::Area::create(found->bytes));
    CW_CO_TRY(read,
              co_await archive::read({.index = found->index, .offset = 0, .into = area.out()}));
    co_return std::string_view{area.text(), read.bytes};
}

cw::Task<> run() noexcept {
    const auto prepared = co_await take_workspace();
    if (!prepared)
        co_return co_await cw::power::off({kNoMemoryStatus});
    const auto script = co_await boot_script();
    if (script)
        CW_CO_CHECK(co_await run_commands(*script));
    else
        out.format("the boot script cannot be read: {}\n", cw::name_of(script.error()));
    co_return co_await interact();
}

} // namespace

} // namespace shell

CW_START {
    static_cast<void>(cw::spawn(shell::run()));
}
