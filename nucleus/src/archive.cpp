#include <cw/nucleus/archive.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>

namespace cw::kernel {

namespace {
const std::byte* base;
std::uint32_t count;

const abi::ArchiveEntry& entry(std::uint32_t index) noexcept {
    return reinterpret_cast<const abi::ArchiveEntry*>(base + sizeof(abi::ArchiveHeader))[index];
}
} // namespace

void archive_initialise() noexcept {
    base = boot_archive().data();
    const std::uint64_t bytes = boot_archive().size();
    if (bytes < sizeof(abi::ArchiveHeader)) {
        log::line("no boot archive");
        return;
    }
    const auto& header = *reinterpret_cast<const abi::ArchiveHeader*>(base);
    if (header.magic != abi::kArchiveMagic || header.version != 1 || header.total_bytes > bytes ||
        header.count > (bytes - sizeof(header)) / sizeof(abi::ArchiveEntry) ||
        reinterpret_cast<std::uint64_t>(base) % kPage != 0) {
        log::line("the boot archive is not one this kernel reads");
        return;
    }
    for (std::uint32_t i = 0; i < header.count; ++i) {
        const abi::ArchiveEntry& item = entry(i);
        if (item.offset % kPage != 0 || item.offset > bytes ||
            item.size_bytes > bytes - item.offset || item.name_offset > bytes ||
            item.name_length > bytes - item.name_offset || item.name_length > 255) {
            log::line("boot archive: entry {} is out of range", i);
            return;
        }
    }
    count = header.count;
}

std::uint32_t archive_count() noexcept {
    return count;
}

ArchiveFile archive_file(std::uint32_t index) noexcept {
    const abi::ArchiveEntry& item = entry(index);
    return {{reinterpret_cast<const char*>(base + item.name_offset), item.name_length},
            {base + item.offset, item.size_bytes},
            item.kind};
}

} // namespace cw::kernel
