// What the command's parts know of each other.
#pragma once
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace cw::command {

inline constexpr int kWrongUse = 2; ///< Exit status, as of most commands.

/// Says why on standard error; the exit status.
int complain(const std::string& why);
/// The whole file, or why not.
[[nodiscard]] std::expected<std::string, std::string> read_file(const std::filesystem::path& path);

/// Boots an archive. Returns only if that cannot be done.
int boot_archive(const std::string& path, const std::vector<std::string>& words);

struct RunRequest {
    std::vector<std::string> files;
    std::vector<std::string> loads;       ///< "PLACEMENT:MODULE" or "MODULE".
    std::vector<std::string> directories; ///< "NAME=PATH" or "NAME=PATH:ro".
    std::string commands;
    std::filesystem::path module_folder = installed_modules();
    bool log = false;

    /// Beside the command: share/causeway/modules, or `modules` in a build folder.
    static std::filesystem::path installed_modules();
};
/// Boots a shell. Returns only if that cannot be done.
int boot_shell(const RunRequest& request);

/// Has a running system of this user run a command of its shell, and shows what that shows; its
/// status. `system`: the process id of the system, 0 if there is only one.
int run_elsewhere(const std::vector<std::string>& words, int system);

/// Shows a module file; 1 and the loader's message if it is not in order.
int inspect(const std::string& path);

} // namespace cw::command
