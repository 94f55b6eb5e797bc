#include "commands.hpp"
#include "commands_observe.hpp"
#include "files.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "words.hpp"

namespace shell {

namespace {

constexpr std::size_t kAny = Words::kMost;

constexpr std::string_view kModprobeDetails =
    "  (no option)        into the kernel, on an executor of its own\n"
    "  --user-process     into a new process\n"
    "  --sync-caller      into the kernel, on its caller's thread\n"
    "  --domain=D         into domain D (number or name), beside its modules\n"
    "  --dry-run          say what would be done\n"
    "  --hart=N           start its executor on hart N\n"
    "  --link METHOD=PATH link this call as direct, syscall or ring\n"
    "  --grant=NAME       its process may: load-kernel, load-domain, power, observe\n"
    "What the module requires is loaded first.\n";

constexpr std::string_view kTestDetails =
    "MODULE is a module of tests; the options are those of modprobe, which say where it goes.\n"
    "What it tests is loaded before, where it is to be tested. Fails if a test fails, if one does\n"
    "not end within 10 s, or if there is none.\n";

constexpr Command kCommands[] = {
    {.name = "bench",
     .usage = "[paths | placements | wakes]",
     .summary = "measure calls; best by `./cw bench`",
     .options = "paths placements placements-kernel remote sweep wakes",
     .most = 1,
     .run = bench},
    {.name = "call",
     .usage = "METHOD [NUMBER]",
     .summary = "call a method of echo",
     .fewest = 1,
     .most = 2,
     .takes = Takes::methods,
     .run = call},
    {.name = "cat",
     .usage = "FILE...",
     .summary = "show files",
     .fewest = 1,
     .most = kAny,
     .takes = Takes::files,
     .run = cat},
    kCell,
    {.name = "clear", .summary = "clear the screen", .run = clear},
    {.name = "date", .summary = "what the clock on the wall says", .run = date},
    {.name = "domains", .summary = "protection domains", .run = domains},
    {.name = "echo", .usage = "[TEXT...]", .summary = "show text", .most = kAny, .run = echo},
    {.name = "grep",
     .usage = "TEXT FILE...",
     .summary = "lines that contain a text",
     .fewest = 2,
     .most = kAny,
     .takes = Takes::files,
     .run = grep},
    {.name = "help",
     .usage = "[COMMAND]",
     .summary = "what commands there are, or what one does",
     .most = 1,
     .takes = Takes::commands,
     .run = help},
    {.name = "history", .summary = "lines typed before", .run = history},
    {.name = "kmem-fail",
     .usage = "SITE ATTEMPT",
     .summary = "have an allocation fail: 1 the next",
     .fewest = 2,
     .most = 2,
     .run = kmem_fail},
    {.name = "kmem-lab",
     .usage = "compare [BYTES]",
     .summary = "two allocators, and the same requests",
     .details = "For each size of objects: words that were looked at or written, the most pages,\n"
                "pages when many have come and gone, what of them is unused, pages when all have "
                "gone.\n",
     .options = "compare",
     .fewest = 1,
     .most = 2,
     .run = kmem_lab},
    kKmemtop,
    {.name = "log", .summary = "the kernel's log", .run = show_log},
    {.name = "ls",
     .usage = "[OPTION | DIRECTORY]",
     .summary = "files handed over, or in a host's directory",
     .details = "  (nothing)    files of yours that were handed over at boot\n"
                "  --modules    modules\n"
                "  --all        all of the archive\n"
                "  --granted    directories of the host that were granted\n"
                "  DIRECTORY    what is in a directory of the host: GRANT/PATH\n",
     .options = "--modules --all --granted",
     .most = 1,
     .run = ls},
    {.name = "lsmod",
     .usage = "[--edges | --files | --stubs]",
     .summary = "loaded modules; their links, files, stubs",
     .options = "--edges --files --stubs",
     .most = 1,
     .run = lsmod},
    {.name = "main-job", .summary = "hash all files in each placement; the cost", .run = main_job},
    {.name = "memory", .summary = "memory in all, and free", .run = memory},
    {.name = "modprobe",
     .usage = "[OPTION...] MODULE",
     .summary = "load a module: plain into the kernel",
     .details = kModprobeDetails,
     .options = "--user-process --sync-caller --domain= --dry-run --hart= --link --grant=",
     .fewest = 1,
     .most = kAny,
     .takes = Takes::module_files,
     .run = modprobe},
    {.name = "poweroff",
     .usage = "[STATUS]",
     .summary = "end the system, with STATUS or the last one",
     .most = 1,
     .run = poweroff},
    {.name = "rmmod",
     .usage = "MODULE",
     .summary = "unload a module",
     .fewest = 1,
     .most = 1,
     .takes = Takes::loaded_modules,
     .run = rmmod},
    {.name = "services", .summary = "methods with their signatures", .run = services},
    {.name = "sha256",
     .usage = "FILE...",
     .summary = "SHA-256 of files",
     .fewest = 1,
     .most = kAny,
     .takes = Takes::files,
     .run = sha256},
    {.name = "sleep",
     .usage = "MILLISECONDS",
     .summary = "wait",
     .fewest = 1,
     .most = 1,
     .run = sleep},
    {.name = "stat",
     .usage = "FILE...",
     .summary = "size, time and kind of files of the host",
     .fewest = 1,
     .most = kAny,
     .run = stat},
    {.name = "status", .summary = "status of the last command: 0 is success", .run = status},
    kSv,
    {.name = "test",
     .usage = "[OPTION...] MODULE",
     .summary = "load a module of tests, run them, unload it",
     .details = kTestDetails,
     .options = "--user-process --sync-caller --domain= --dry-run --hart= --link --grant=",
     .fewest = 1,
     .most = kAny,
     .takes = Takes::module_files,
     .run = test},
    {.name = "time",
     .usage = "[COMMAND...]",
     .summary = "since boot; or how long a command takes",
     .most = kAny,
     .takes = Takes::commands,
     .run = time},
    kTrace,
    {.name = "wc",
     .usage = "FILE...",
     .summary = "lines, words and bytes of files",
     .fewest = 1,
     .most = kAny,
     .takes = Takes::files,
     .run = wc},
    {.name = "write",
     .usage = "[--append] FILE [TEXT...]",
     .summary = "write a line into a file of the host",
     .options = "--append",
     .fewest = 1,
     .most = kAny,
     .run = write},
};

int status_of_last = kDone;

std::string_view describe(Words::Problem problem) noexcept {
    switch (problem) {
    case Words::Problem::open_quote:
        return "a quote is open at the end";
    case Words::Problem::too_many:
        return "a command has at most 32 words";
    default:
        return "a command has at most 1024 bytes";
    }
}

cw::Task<> run_command(std::string_view text) noexcept {
    static constinit Words words;
    const Words::Problem problem = words.parse(text);
    if (problem != Words::Problem::none) {
        out.format("{}\n", describe(problem));
        status_of_last = kFailed;
    } else {
        const auto result = co_await run_words(words.all());
        status_of_last = result ? *result : kFailed;
        co_await close_host_file();
    }
    const auto shown = co_await out.flush();
    if (!shown)
        CW_CO_CHECK(co_await bring_console_back());
    co_return cw::Nothing{};
}

} // namespace

std::span<const Command> all_commands() noexcept {
    return kCommands;
}

void say_unknown(std::string_view name) noexcept {
    for (const std::string_view end : {"exit", "quit", "logout", "halt", "shutdown", "reboot"}) {
        if (name == end) {
            out.format("{}: no such command; `poweroff` ends the system\n", name);
            return;
        }
    }
    out.format("{}: no such command; `help` lists them\n", name);
}

cw::Task<> run_commands(std::string_view text) noexcept {
    for (std::string_view command = take_command(text); !command.empty();
         command = take_command(text))
        static_cast<void>(co_await run_command(command)); // the next one is run in any case
    co_return cw::Nothing{};
}

int last_status() noexcept {
    return status_of_last;
}

} // namespace shell
