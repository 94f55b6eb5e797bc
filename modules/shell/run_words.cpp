// Runs one command of those that this programme has.
#include "commands.hpp"
#include "output.hpp"

namespace shell {

const Command* find_command(std::string_view name) noexcept {
    for (const Command& command : all_commands()) {
        if (command.name == name)
            return &command;
    }
    return nullptr;
}

cw::Task<int> run_words(Arguments words) noexcept {
    const Command* command = find_command(words[0]);
    if (command == nullptr) {
        say_unknown(words[0]);
        co_return kFailed;
    }
    const Arguments rest = words.subspan(1);
    if (rest.size() < command->fewest || rest.size() > command->most) {
        out.format("usage: {} {}\n", command->name, command->usage);
        co_return kFailed;
    }
    const auto result = co_await command->run(rest);
    if (!result) {
        out.format("{}: {}\n", command->name, cw::name_of(result.error()));
        co_return kFailed;
    }
    co_return *result;
}

} // namespace shell
