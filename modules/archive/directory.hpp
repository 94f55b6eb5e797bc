// The boot archive as a list of files. Read-only memory that somebody else filled: everything is
// checked once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/archive.hpp>
#include <cw/core/result.hpp>
#include <span>
#include <string_view>

namespace archive {

struct File {
    std::string_view name;
    std::span<const std::byte> data;
    cw::abi::ArchiveKind kind{};
};

class Directory {
public:
    /// Errors: malformed (not an archive of this version, or an entry that lies outside of it).
    static cw::Result<Directory> read(std::span<const std::byte> pages) noexcept;
    Directory() noexcept = default;

    [[nodiscard]] std::size_t count() const noexcept { return entries_.size(); }
    /// Requires: index < count().
    [[nodiscard]] File file(std::size_t index) const noexcept;
    /// Index of the file. Errors: not_found.
    [[nodiscard]] cw::Result<std::size_t> find(cw::abi::ArchiveKind kind,
                                               std::string_view name) const noexcept;

private:
    Directory(std::span<const std::byte> pages,
              std::span<const cw::abi::ArchiveEntry> entries) noexcept :
        pages_{pages}, entries_{entries} {}

    std::span<const std::byte> pages_;
    std::span<const cw::abi::ArchiveEntry> entries_;
};

} // namespace archive
