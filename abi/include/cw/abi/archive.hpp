// The boot archive: the files handed over at boot, page aligned so that module text is mapped
// straight from it. Little endian. [ArchiveHeader][ArchiveEntry x count][names][padding][file data,
// each file page aligned and zero padded]
#pragma once
#include <cstdint>

namespace cw::abi {

inline constexpr std::uint64_t kArchiveMagic = 0x3156'4352'4157'4343; // "CCWARCV1"

struct ArchiveHeader {
    std::uint64_t magic;       ///< kArchiveMagic.
    std::uint32_t version;     ///< 1.
    std::uint32_t count;       ///< Number of entries.
    std::uint64_t total_bytes; ///< Size of the whole archive, padding included; a multiple of 4096.
    std::uint64_t reserved;    ///< 0.
};
static_assert(sizeof(ArchiveHeader) == 32);

enum class ArchiveKind : std::uint32_t {
    file = 0,   ///< A file of the user.
    module = 1, ///< A module file (`NAME.cwm`).
    script = 2, ///< Shell commands run at boot.
};

struct ArchiveEntry {
    std::uint64_t offset;      ///< From the archive's start; a multiple of 4096.
    std::uint64_t size_bytes;  ///< Without padding.
    std::uint32_t name_offset; ///< From the archive's start; not NUL-terminated.
    std::uint32_t name_length; ///< 1..255.
    ArchiveKind kind;
    std::uint32_t reserved; ///< 0.
};
static_assert(sizeof(ArchiveEntry) == 32);

} // namespace cw::abi
