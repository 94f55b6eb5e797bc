#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"
#include <algorithm>
#include <cw/sdk/wait.hpp>

namespace shell {

namespace {

constexpr std::string_view kSelf = "shell";
constexpr std::uint64_t kMillisecond = 1'000'000;

std::string_view reply_text(std::uint64_t bytes) noexcept {
    return {workspace.reply.text(), bytes};
}

/// True if `method` is the target, or of the service that is.
bool is_of(std::string_view method, std::string_view target) noexcept {
    return method == target ||
           (method.starts_with(target) && method.substr(target.size()).starts_with('.'));
}

/// The number of a domain that is given by number or name. Errors: not_found.
cw::Task<std::uint16_t> domain_number(std::string_view domain) noexcept {
    std::uint64_t number = 0;
    if (parse_number(domain, 0xffff, number))
        co_return static_cast<std::uint16_t>(number);
    CW_CO_TRY(table, co_await describe(cw::modules::What::domains));
    TableReader reader{table};
    for (Row row; reader.next(row);) {
        if (row.column[1] == domain && parse_number(row.column[0], 0xffff, number))
            co_return static_cast<std::uint16_t>(number);
    }
    co_return cw::refuse(cw::Status::not_found);
}

} // namespace

cw::Task<Outcome> load(LoadOptions options) noexcept {
    cw::modules::LoadArguments arguments{};
    if (options.placement == cw::abi::Placement::domain) {
        const auto domain = co_await domain_number(options.domain);
        if (!domain) {
            cw::TextWriter text{workspace.reply.text(), workspace.reply.size()};
            text.format("--domain={}: no such domain; `domains` lists them\n", options.domain);
            co_return Outcome{domain.error(), text.text()};
        }
        arguments.domain = *domain;
    }
    std::copy(options.module.begin(), options.module.end(), arguments.name.begin());
    arguments.placement = static_cast<std::uint8_t>(options.placement);
    arguments.grants = options.grants;
    arguments.dry_run = options.dry_run ? 1 : 0;
    arguments.hart = options.hart;
    arguments.text = workspace.reply.out();
    const std::string_view links = options.links.view();
    std::copy(links.begin(), links.end(), workspace.reply.text());
    workspace.reply.text()[links.size()] = '\0';
    CW_CO_TRY(reply, co_await cw::modules::load(arguments));
    co_return Outcome{static_cast<cw::Status>(reply.status), reply_text(reply.text_bytes)};
}

cw::Task<Outcome> unload(std::string_view module, std::uint64_t deadline_ticks) noexcept {
    cw::modules::UnloadArguments arguments{};
    module = module.substr(0, arguments.name.size() - 1);
    std::copy(module.begin(), module.end(), arguments.name.begin());
    arguments.text = workspace.reply.out();
    CW_CO_TRY(reply, co_await cw::modules::unload(arguments).by(deadline_ticks));
    co_return Outcome{static_cast<cw::Status>(reply.status), reply_text(reply.text_bytes)};
}

cw::Task<std::string_view> describe(cw::modules::What what) noexcept {
    CW_CO_TRY(reply, co_await cw::modules::describe({what, workspace.reply.out()}));
    co_return reply_text(reply.bytes);
}

cw::Task<bool> is_loaded(std::string_view module) noexcept {
    CW_CO_TRY(table, co_await describe(cw::modules::What::modules));
    TableReader reader{table};
    for (Row row; reader.next(row);) {
        const auto& [name, placement, domain, hart, state] = row.column;
        if (name == module && state != "failed") // a process that ended may still be about to go
            co_return true;
    }
    co_return false;
}

cw::Task<bool> is_linked(std::string_view target, std::string_view wanted) noexcept {
    CW_CO_TRY(table, co_await describe(cw::modules::What::edges));
    TableReader reader{table};
    bool linked = true;
    for (Row row; reader.next(row);) {
        const auto& [client, method, provider, link, rest] = row.column;
        if (client == kSelf && is_of(method, target))
            linked = linked && link != "none" && (wanted.empty() || provider == wanted);
    }
    co_return linked;
}

cw::Task<> wait_until_linked(std::string_view target, std::string_view provider) noexcept {
    for (int tries = 0; tries < 1000; ++tries) {
        CW_CO_TRY(linked, co_await is_linked(target, provider));
        if (linked)
            co_return cw::Nothing{};
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    }
    co_return cw::refuse(cw::Status::timed_out);
}

namespace {

/// Loads `module` unless something is linked to `target`.
cw::Task<bool> ensure_link(std::string_view module, std::string_view target, Tell tell) noexcept {
    CW_CO_TRY(linked, co_await is_linked(target));
    if (linked)
        co_return true;
    CW_CO_TRY(loaded, co_await is_loaded(module));
    if (!loaded) {
        if (tell == Tell::yes) {
            out.format("loading {} as a process of its own\n", module);
            CW_CO_CHECK(co_await out.flush());
        }
        LoadOptions options;
        options.module = module;
        options.placement = cw::abi::Placement::user_process;
        CW_CO_TRY(outcome, co_await load(options));
        if (outcome.status != cw::Status::ok) {
            out.put(outcome.text);
            co_return false;
        }
    }
    CW_CO_CHECK(co_await wait_until_linked(target));
    co_return true;
}

} // namespace

cw::Task<bool> ensure(std::string_view module, Tell tell) noexcept {
    co_return co_await ensure_link(module, module, tell);
}

cw::Task<bool> ensure_method(std::string_view method) noexcept {
    co_return co_await ensure_link(method.substr(0, method.find('.')), method, Tell::yes);
}

cw::Task<> bring_console_back() noexcept {
    // Whatever ended it may end it again at once: not more than a few times a second.
    constexpr std::uint64_t kPause = 250 * kMillisecond;
    static_cast<void>(co_await cw::sleep_ns(kPause));
    CW_CO_CHECK(co_await ensure("console", Tell::no));
    co_return cw::Nothing{};
}

} // namespace shell
