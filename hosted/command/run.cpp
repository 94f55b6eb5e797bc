// causeway run: an archive made in memory, and the system booted from it.
#include "command.hpp"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <cw/hosted/system.hpp>
#include <fstream>
#include <iterator>

namespace cw::command {

namespace {

using abi::ArchiveKind;
using hosted::ArchiveItem;
namespace fs = std::filesystem;

using Directories = std::vector<hosted::Directory>;

int boot(const std::string& archive, const std::string& words, const Directories& directories) {
    std::fflush(nullptr);
    const auto bytes = std::as_bytes(std::span{archive.data(), archive.size()});
    return complain(hosted::run_system(bytes, words, directories).text);
}

/// Errors: the first that is none.
std::expected<Directories, std::string> directories_of(const std::vector<std::string>& texts) {
    Directories all;
    for (const std::string& text : texts) {
        auto directory = hosted::directory_of(text);
        if (!directory)
            return std::unexpected{std::move(directory.error().text)};
        all.push_back(std::move(*directory));
    }
    return all;
}

/// Semicolons outside of quotes end a command of the shell, as newlines do.
std::string lines_of(const std::string& commands) {
    std::string lines;
    char quote = '\0';
    for (const char c : commands) {
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        lines += quote == '\0' && c == ';' ? '\n' : c;
    }
    return lines + '\n';
}

/// "PLACEMENT:MODULE" as a command of the shell; a path is packed under its name before.
std::expected<std::string, std::string> load_command(const std::string& wish,
                                                     std::vector<ArchiveItem>& items) {
    const std::size_t colon = wish.find(':');
    const std::string placement = colon == std::string::npos ? "" : wish.substr(0, colon);
    std::string module = colon == std::string::npos ? wish : wish.substr(colon + 1);
    const auto placing = hosted::placing_of(placement);
    if (!placing || module.empty())
        return std::unexpected{"--load " + wish + ": " +
                               (placing ? "no module" : placing.error().text)};
    if (module.contains('/')) {
        const fs::path path{module};
        auto bytes = read_file(path);
        if (!bytes)
            return std::unexpected{std::move(bytes.error())};
        module = path.stem().string();
        std::erase_if(items, [&](const ArchiveItem& item) {
            return item.kind == ArchiveKind::module && item.name == module;
        });
        items.push_back({ArchiveKind::module, module, std::move(*bytes)});
    }
    std::string flag = "--user-process ";
    if (placing->placement == abi::Placement::kernel)
        flag = "";
    else if (placing->placement == abi::Placement::sync_caller)
        flag = "--sync-caller ";
    else if (placing->placement == abi::Placement::domain)
        flag = "--domain=" + placing->domain + " ";
    return "modprobe " + flag + module + "\n";
}

/// Every module file of the folder.
std::expected<std::vector<ArchiveItem>, std::string> modules_of(const fs::path& folder) {
    std::vector<ArchiveItem> items;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator{folder, error}) {
        if (entry.path().extension() != ".cwm")
            continue;
        auto bytes = read_file(entry.path());
        if (!bytes)
            return std::unexpected{std::move(bytes.error())};
        items.push_back({ArchiveKind::module, entry.path().stem().string(), std::move(*bytes)});
    }
    if (error)
        return std::unexpected{folder.string() + ": " + error.message()};
    if (items.empty())
        return std::unexpected{folder.string() + ": has no module files (.cwm); --modules FOLDER"};
    return items;
}

} // namespace

int complain(const std::string& why) {
    std::fprintf(stderr, "causeway: %s\n", why.c_str());
    return kWrongUse;
}

std::expected<std::string, std::string> read_file(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    if (!file.is_open() || file.bad())
        return std::unexpected{path.string() + ": " + std::strerror(errno)};
    return bytes;
}

fs::path RunRequest::installed_modules() {
    std::error_code error;
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    const fs::path installed = folder.parent_path() / "share/causeway/modules";
    return fs::is_directory(installed, error) ? installed : folder.parent_path() / "modules";
}

int boot_archive(const std::string& path, const std::vector<std::string>& words) {
    const auto bytes = read_file(path);
    if (!bytes)
        return complain(bytes.error());
    if (bytes->empty())
        return complain(path + ": is empty, and no boot archive");
    constexpr std::string_view kDirectory = "dir=", kFile = "file=";
    std::string line;
    std::vector<std::string> granted, files;
    for (const std::string& word : words) {
        if (word.starts_with(kDirectory))
            granted.push_back(word.substr(kDirectory.size()));
        else if (word.starts_with(kFile))
            files.push_back(word.substr(kFile.size()));
        else
            line += (line.empty() ? "" : " ") + word;
    }
    auto directories = directories_of(granted);
    if (!directories)
        return complain(directories.error());
    if (!files.empty())
        directories->push_back(
            {.name = "files", .path = {}, .read_only = true, .files = std::move(files)});
    return boot(*bytes, line, *directories);
}

int boot_shell(const RunRequest& request) {
    auto items = modules_of(request.module_folder);
    if (!items)
        return complain(items.error());
    for (const std::string& file : request.files) {
        auto bytes = read_file(file);
        if (!bytes)
            return complain(bytes.error());
        items->push_back(
            {ArchiveKind::file, fs::path{file}.filename().string(), std::move(*bytes)});
    }
    std::string script;
    for (const std::string& wish : request.loads) {
        auto command = load_command(wish, *items);
        if (!command)
            return complain(command.error());
        script += *command;
    }
    if (!request.commands.empty())
        script += lines_of(request.commands) + "poweroff\n";
    if (!script.empty())
        items->push_back({ArchiveKind::script, "boot", std::move(script)});
    const auto archive = hosted::make_archive(std::move(*items));
    if (!archive)
        return complain(archive.error().text);
    const auto directories = directories_of(request.directories);
    if (!directories)
        return complain(directories.error());
    return boot(*archive, request.log ? "log=serial" : "", *directories);
}

} // namespace cw::command
