#include "load_options.hpp"
#include <cw/core/service/modules.hpp>

namespace shell {

namespace {

constexpr std::string_view kOptions = "--user-process, --sync-caller, --domain=D, --dry-run, "
                                      "--hart=N, --link METHOD=PATH, --grant=NAME";
constexpr std::size_t kMaxModuleName = 23;
constexpr std::uint64_t kMaxHart = 254;

/// The value of "--name=value", if `word` is that.
bool take_value(std::string_view word, std::string_view name, std::string_view& value) noexcept {
    if (!word.starts_with(name) || !word.substr(name.size()).starts_with('='))
        return false;
    value = word.substr(name.size() + 1);
    return true;
}

bool add_grant(std::string_view name, LoadOptions& options, cw::TextWriter& wrong) noexcept {
    using namespace cw::modules;
    if (name == "load-kernel")
        options.grants |= kLoadKernel;
    else if (name == "load-domain")
        options.grants |= kLoadDomain;
    else if (name == "power")
        options.grants |= kPower;
    else if (name == "observe")
        options.grants |= kObserve;
    else
        wrong.format("--grant={}: there are load-kernel, load-domain, power and observe", name);
    return wrong.size() == 0;
}

bool add_link(std::string_view link, LoadOptions& options, cw::TextWriter& wrong) noexcept {
    const std::string_view path =
        link.substr(link.find('=') == link.npos ? link.size() : link.find('=') + 1);
    if (path != "direct" && path != "syscall" && path != "ring" && path != "remote") {
        wrong.format("--link {}: want METHOD=PATH, where PATH is direct, syscall, ring or remote",
                     link);
        return false;
    }
    if (options.links.view().size() + 1 + link.size() > 240) {
        wrong.put("--link: too many of them");
        return false;
    }
    options.links.format(options.links.empty() ? "{}" : " {}", link);
    return true;
}

bool set_placement(cw::abi::Placement placement,
                   LoadOptions& options,
                   cw::TextWriter& wrong) noexcept {
    if (options.placement != cw::abi::Placement::kernel && options.placement != placement) {
        wrong.put("only one of --user-process, --sync-caller and --domain=D can be asked for");
        return false;
    }
    options.placement = placement;
    return true;
}

} // namespace

bool parse_number(std::string_view text, std::uint64_t most, std::uint64_t& number) noexcept {
    number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9')
            return false;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (number > (most - digit) / 10 || digit > most)
            return false;
        number = number * 10 + digit;
    }
    return !text.empty();
}

bool parse_load_options(std::span<const std::string_view> words,
                        LoadOptions& options,
                        cw::TextWriter& wrong) noexcept {
    using cw::abi::Placement;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        std::string_view value;
        std::uint64_t number = 0;
        if (word == "--user-process") {
            if (!set_placement(Placement::user_process, options, wrong))
                return false;
        } else if (word == "--sync-caller") {
            if (!set_placement(Placement::sync_caller, options, wrong))
                return false;
        } else if (take_value(word, "--domain", options.domain)) {
            if (!set_placement(Placement::domain, options, wrong))
                return false;
        } else if (word == "--dry-run") {
            options.dry_run = true;
        } else if (take_value(word, "--hart", value)) {
            if (!parse_number(value, kMaxHart, number)) {
                wrong.format("--hart={}: want a number from 0", value);
                return false;
            }
            options.hart = static_cast<std::uint8_t>(number + 1);
        } else if (take_value(word, "--grant", value)) {
            if (!add_grant(value, options, wrong))
                return false;
        } else if (word == "--link" || take_value(word, "--link", value)) {
            if (word == "--link")
                value = ++i < words.size() ? words[i] : std::string_view{};
            if (!add_link(value, options, wrong))
                return false;
        } else if (word.starts_with('-')) {
            wrong.format("{}: no such option; there are {}", word, kOptions);
            return false;
        } else if (!options.module.empty()) {
            wrong.format("one module at a time: {} or {}", options.module, word);
            return false;
        } else {
            options.module = word;
        }
    }
    if (options.module.empty())
        wrong.put("name a module; `ls --modules` lists them");
    else if (options.module.size() > kMaxModuleName)
        wrong.format(
            "{}: names of modules have at most {} characters", options.module, kMaxModuleName);
    return wrong.size() == 0;
}

} // namespace shell
