// The files of the archive, as commands name them.
#pragma once
#include <cw/abi/archive.hpp>
#include <cw/core/task.hpp>
#include <cw/sdk/buffer.hpp>
#include <string_view>

namespace shell {

struct File {
    std::uint64_t index = 0;
    std::uint64_t bytes = 0;
    cw::abi::ArchiveKind kind{};
    std::string_view name; ///< In Workspace::names.
};

inline constexpr std::size_t kMaxFileName = 255;

/// Loads the archive module if need be. False: the user was told why there are no files.
cw::Task<bool> have_files() noexcept;
/// The user's file of that name; if there is none, the module or script. Errors: not_found.
cw::Task<File> find_file(std::string_view name) noexcept;
/// As find_file(), but tells the user if there is none.
cw::Task<File> open_file(std::string_view name) noexcept;
/// File number `index`; its name goes to `name_offset` in Workspace::names. Errors: out_of_range
/// (there are not so many).
cw::Task<File> file_at(std::uint64_t index, std::uint64_t name_offset) noexcept;
/// Reads at `offset`; the bytes that were there.
cw::Task<std::uint64_t> read_file(File file, std::uint64_t offset, cw::OutBuffer into) noexcept;

} // namespace shell
