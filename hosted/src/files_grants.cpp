// The directories that modules may use files of, as whoever starts the system names them.
#include "files.hpp"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace cw::hosted {

namespace {
constexpr std::size_t kMostGrants = 64;
constexpr std::size_t kMostNameBytes = 63;

bool is_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= kMostNameBytes && name != "." && name != ".." &&
           name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

Failure wrong(std::string text) {
    return {Status::invalid_argument, std::move(text)};
}
} // namespace

std::expected<Directory, Failure> directory_of(std::string_view text) {
    constexpr std::string_view kReadOnly = ":ro";
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
        return std::unexpected{
            wrong("--dir " + std::string{text} + ": want NAME=PATH or NAME=PATH:ro")};
    Directory directory{std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)}};
    if (directory.path.ends_with(kReadOnly)) {
        directory.read_only = true;
        directory.path.resize(directory.path.size() - kReadOnly.size());
    }
    return directory;
}

namespace {

Failure cannot(const Directory& directory, const std::string& path) {
    return {abi::status_of_errno(errno),
            "directory " + directory.name + ": " + path + ": " + std::strerror(errno)};
}

/// Those of a directory that is a list of files. Errors: as open() says; one that is none; two of
/// one name.
std::expected<std::vector<GrantedFile>, Failure> open_files(const Directory& directory) {
    std::vector<GrantedFile> files;
    for (const std::string& path : directory.files) {
        const int descriptor = open(path.c_str(), O_PATH | O_CLOEXEC);
        struct stat properties{};
        if (descriptor < 0 || fstat(descriptor, &properties) != 0)
            return std::unexpected{cannot(directory, path)};
        if (!S_ISREG(properties.st_mode))
            return std::unexpected{wrong(path + ": is no file")};
        std::string name = path.substr(path.rfind('/') + 1); // npos + 1: all of it
        for (const GrantedFile& other : files) {
            if (other.name == name)
                return std::unexpected{wrong(path + ": there is another file of that name")};
        }
        files.push_back({std::move(name), descriptor});
    }
    return files;
}

} // namespace

Failure grant_directories(const std::vector<Directory>& directories) {
    auto& granted = settings().directories;
    for (const Directory& directory : directories) {
        if (!is_name(directory.name))
            return wrong("directory \"" + directory.name +
                         "\": a name has 1 to 63 bytes and no slash");
        for (const GrantedDirectory& other : granted) {
            if (other.name == directory.name)
                return wrong("directory " + directory.name + ": is granted twice");
        }
        if (granted.size() == kMostGrants)
            return wrong("at most 64 directories can be granted");
        if (!directory.files.empty()) {
            auto files = open_files(directory);
            if (!files)
                return std::move(files.error());
            granted.push_back({directory.name, -1, true, std::move(*files)});
            continue;
        }
        const int descriptor = open(directory.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0)
            return cannot(directory, directory.path);
        granted.push_back({directory.name, descriptor, directory.read_only, {}});
    }
    return {Status::ok, {}};
}

} // namespace cw::hosted
