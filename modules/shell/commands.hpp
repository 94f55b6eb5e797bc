// The shell's commands: what there is, and running one.
#pragma once
#include <cstdint>
#include <cw/core/task.hpp>
#include <span>
#include <string_view>

namespace shell {

using Arguments = std::span<const std::string_view>;

/// What a command ends with, as processes do: 0 is success.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;

/// What the words after a command's name are, for completion.
enum class Takes : std::uint8_t { text, commands, files, module_files, loaded_modules, methods };

struct Command {
    std::string_view name;
    std::string_view usage{};   ///< What may follow the name.
    std::string_view summary;   ///< One line.
    std::string_view details{}; ///< Further lines for `help NAME`, or nothing.
    std::string_view options{}; ///< Separated by spaces, for completion.
    std::size_t fewest = 0;     ///< Words after the name.
    std::size_t most = 0;
    Takes takes = Takes::text;
    cw::Task<int> (*run)(Arguments) noexcept = nullptr;
};

[[nodiscard]] std::span<const Command> all_commands() noexcept;
[[nodiscard]] const Command* find_command(std::string_view name) noexcept;

/// Runs the commands of a line or script one after the other, and sends what they show to the
/// console.
cw::Task<> run_commands(std::string_view text) noexcept;
/// Runs one that is in words already.
cw::Task<int> run_words(Arguments words) noexcept;
/// Says that there is no such command.
void say_unknown(std::string_view name) noexcept;
/// Of the last command.
[[nodiscard]] int last_status() noexcept;

// commands_modules.cpp
cw::Task<int> modprobe(Arguments words) noexcept;
cw::Task<int> rmmod(Arguments words) noexcept;
cw::Task<int> lsmod(Arguments words) noexcept;
cw::Task<int> services(Arguments words) noexcept;
cw::Task<int> domains(Arguments words) noexcept;
cw::Task<int> bench(Arguments words) noexcept;
// commands_test.cpp
cw::Task<int> test(Arguments words) noexcept;
// commands_files.cpp
cw::Task<int> ls(Arguments words) noexcept;
cw::Task<int> cat(Arguments words) noexcept;
cw::Task<int> sha256(Arguments words) noexcept;
// commands_host.cpp
cw::Task<int> list_host(std::string_view path) noexcept;
cw::Task<int> stat(Arguments words) noexcept;
cw::Task<int> write(Arguments words) noexcept;
// commands_text.cpp
cw::Task<int> wc(Arguments words) noexcept;
cw::Task<int> grep(Arguments words) noexcept;
// commands_system.cpp
cw::Task<int> show_log(Arguments words) noexcept;
cw::Task<int> memory(Arguments words) noexcept;
cw::Task<int> time(Arguments words) noexcept;
cw::Task<int> date(Arguments words) noexcept;
cw::Task<int> sleep(Arguments words) noexcept;
cw::Task<int> poweroff(Arguments words) noexcept;
// commands_kmem.cpp
cw::Task<int> kmemtop(Arguments words) noexcept;
// commands_kmem_fail.cpp
cw::Task<int> kmem_fail(Arguments words) noexcept;
// commands_kmem_lab.cpp
cw::Task<int> kmem_lab(Arguments words) noexcept;
// commands_variables.cpp
cw::Task<int> variables(Arguments words) noexcept;
// commands_cells.cpp
cw::Task<int> cells(Arguments words) noexcept;
// commands_trace.cpp
cw::Task<int> trace(Arguments words) noexcept;
// commands_shell.cpp
cw::Task<int> help(Arguments words) noexcept;
cw::Task<int> echo(Arguments words) noexcept;
cw::Task<int> history(Arguments words) noexcept;
cw::Task<int> clear(Arguments words) noexcept;
cw::Task<int> status(Arguments words) noexcept;
// call.cpp
cw::Task<int> call(Arguments words) noexcept;
// job.cpp
cw::Task<int> main_job(Arguments words) noexcept;

} // namespace shell
