// Commands about the shell itself.
#include "commands.hpp"
#include "output.hpp"
#include "prompt.hpp"

namespace shell {

namespace {

void put_padded(std::string_view text, std::size_t width) noexcept {
    out.put(text);
    for (std::size_t size = text.size(); size < width; ++size)
        out.put(" ");
}

} // namespace

cw::Task<int> help(Arguments words) noexcept {
    constexpr std::size_t kWidth = 34;
    if (words.empty()) {
        for (const Command& command : all_commands()) {
            const cw::Text<80> call{"{} {}", command.name, command.usage};
            put_padded(call.view(), kWidth);
            out.format(" {}\n", command.summary);
        }
        out.put("`help COMMAND` says more. Commands are separated by `;`, words by spaces; quotes\n"
                "hold words together. Up and Down recall lines, Tab completes, Ctrl-C stops.\n");
        co_return kDone;
    }
    const Command* command = find_command(words[0]);
    if (command == nullptr) {
        out.format("help: {}: no such command; `help` lists them\n", words[0]);
        co_return kFailed;
    }
    out.format("{} {}\n{}\n", command->name, command->usage, command->summary);
    out.put(command->details);
    co_return kDone;
}

cw::Task<int> echo(Arguments words) noexcept {
    for (std::size_t i = 0; i < words.size(); ++i) {
        out.put(i == 0 ? "" : " ");
        out.put(words[i]);
    }
    out.put("\n");
    co_return kDone;
}

cw::Task<int> history(Arguments) noexcept {
    const History& lines = typed_lines();
    for (std::size_t age = lines.count(); age-- > 0;) {
        out.put_number(lines.newest() - age, 5);
        out.format("  {}\n", lines.at(age));
    }
    co_return kDone;
}

cw::Task<int> clear(Arguments) noexcept {
    out.put("\x1b[H\x1b[2J");
    co_return kDone;
}

cw::Task<int> status(Arguments) noexcept {
    out.format("{}\n", last_status());
    co_return last_status();
}

} // namespace shell
