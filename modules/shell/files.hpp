// Files as commands name them: of the archive by their name, of the host as "GRANT/PATH".
#pragma once
#include <cw/abi/archive.hpp>
#include <cw/core/task.hpp>
#include <cw/sdk/buffer.hpp>
#include <string_view>

namespace shell {

struct File {
    std::uint64_t index = 0; ///< In the archive; or the handle of one of the host.
    std::uint64_t bytes = 0;
    cw::abi::ArchiveKind kind{};
    std::string_view name; ///< In Workspace::names.
    bool of_host = false;  ///< Then it is open until the command ends, or opens another one.
};

inline constexpr std::size_t kMaxFileName = 255;

/// Loads the archive module if need be. False: the user was told why there are no files.
cw::Task<bool> have_files() noexcept;
/// Loads the module `file` if need be. False: the user was told why there are no files, or that
/// this is no name of one.
cw::Task<bool> have_host_files(std::string_view path) noexcept;
/// Closes the file of the host that is open, if one is.
cw::Task<> close_host_file() noexcept;
/// The user's file of that name; if there is none, the module or script. Errors: not_found.
cw::Task<File> find_file(std::string_view name) noexcept;
/// As find_file(), but tells the user if there is none.
cw::Task<File> open_file(std::string_view name) noexcept;
/// File number `index`; its name goes to `name_offset` in Workspace::names. Errors: out_of_range
/// (there are not so many).
cw::Task<File> file_at(std::uint64_t index, std::uint64_t name_offset) noexcept;
/// Reads at `offset`; the bytes that were there.
cw::Task<std::uint64_t> read_file(File from, std::uint64_t offset, cw::OutBuffer into) noexcept;

} // namespace shell
