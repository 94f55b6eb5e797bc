// The command `causeway`.
#include "command.hpp"
#include <CLI/CLI.hpp>
#include <cstdio>

namespace {

/// Commands of the shell that are to be had here too.
struct Elsewhere {
    const char* name;
    const char* usage;
    const char* summary;
};
constexpr Elsewhere kElsewhere[] = {
    {"sv",
     "ls [PREFIX] | get NAME[.FIELD] | watch NAME[.FIELD] [COUNT] | off NAME | on NAME",
     "Shared variables of a running system: lists, shows, watches them"},
    {"cell",
     "ls [PREFIX] | get NAME | set NAME NUMBER | close NAME",
     "Control cells of a running system: lists, shows, sets them"},
    {"trace",
     "start [POLICY] [RECORDS] | stop | status | dump",
     "Records what a running system does, and shows it"},
    {"kmemtop", "", "What the nucleus of a running system has allocated, and where"}};

/// `causeway ARCHIVE WORD...` boots an archive that was packed before, as a kernel would.
bool names_an_archive(int count, char** arguments) {
    constexpr std::string_view kCommands[] = {"run", "inspect", "sv", "cell", "trace", "kmemtop"};
    return count > 1 && arguments[1][0] != '-' &&
           std::ranges::find(kCommands, std::string_view{arguments[1]}) == std::end(kCommands);
}

} // namespace

int main(int count, char** arguments) {
    using namespace cw::command;
    if (names_an_archive(count, arguments))
        return boot_archive(arguments[1], {arguments + 2, arguments + count});

    CLI::App app{
        "Causeway on Linux: a system of modules, each in a process of its own or in the "
        "nucleus, as loading it says.\n\ncauseway ARCHIVE [WORD...] boots a packed "
        "archive; dir=NAME=PATH[:ro] among the words grants a directory, file=PATH a file as "
        "files/NAME."};
    app.require_subcommand(1);

    RunRequest run;
    CLI::App& run_command = *app.add_subcommand("run", "Boots a shell with modules and files");
    run_command.add_option("FILE", run.files, "Files that the system sees (ls, cat)")
        ->check(CLI::ExistingFile);
    run_command.add_option("--exec", run.commands, "Runs these commands (a; b; c), then ends")
        ->type_name("COMMANDS");
    run_command
        .add_option("--load",
                    run.loads,
                    "Loads a module first, a name or a path: kernel:NAME, user-process:NAME, "
                    "sync-caller:NAME, domain=D:NAME, or NAME for a process of its own; more than "
                    "once in this order")
        ->type_name("[PLACEMENT:]MODULE")
        ->allow_extra_args(false);
    run_command
        .add_option("--modules", run.module_folder, "Folder of module files; one may hide another")
        ->type_name("FOLDER")
        ->default_str(run.module_folder.string())
        ->check(CLI::ExistingDirectory);
    run_command
        .add_option("--dir",
                    run.directories,
                    "Grants the module `file` a directory, as NAME/...; :ro for reading only")
        ->type_name("NAME=PATH[:ro]")
        ->allow_extra_args(false);
    run_command.add_flag("--log", run.log, "Shows the log on standard error throughout");

    std::string inspected;
    CLI::App& inspect_command =
        *app.add_subcommand("inspect", "Shows what a module file provides, requires and asks for");
    inspect_command.add_option("FILE", inspected, "A module file (.cwm)")->required();

    int system = 0;
    for (const auto& [name, usage, summary] : kElsewhere) {
        CLI::App& command = *app.add_subcommand(name, summary);
        command.prefix_command(); // its words are for that system's shell to understand
        command.footer(std::string{"\ncauseway "} + name + " [--system PID] " + usage);
        command.add_option("--system", system, "Process id of the system, if several run")
            ->type_name("PID")
            ->check(CLI::PositiveNumber);
    }

    CLI11_PARSE(app, count, arguments);
    if (run_command.parsed())
        return boot_shell(run);
    if (inspect_command.parsed())
        return inspect(inspected);
    const CLI::App& command = *app.get_subcommands().front();
    std::vector<std::string> words{command.get_name()};
    for (const std::string& word : command.remaining())
        words.push_back(word);
    return run_elsewhere(words, system);
}
