// The boot archive in memory. Made by our own tools, and checked all the same.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/archive.hpp>
#include <span>
#include <string_view>

namespace cw::kernel {

struct ArchiveFile {
    std::string_view name;
    std::span<const std::byte> data;
    abi::ArchiveKind kind;
};

/// Finds and checks the archive; without a sound one there are no files, and the log says why.
void archive_initialise() noexcept;
[[nodiscard]] std::uint32_t archive_count() noexcept;
[[nodiscard]] ArchiveFile archive_file(std::uint32_t index) noexcept;

} // namespace cw::kernel
