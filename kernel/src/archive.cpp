#include <cw/kernel/archive.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/layout.hpp>
#include <cw/kernel/log.hpp>

namespace cw::kernel {

namespace {
std::uint64_t base;
std::uint32_t count;

const abi::ArchiveEntry& entry(std::uint32_t index) noexcept {
    return direct_as<const abi::ArchiveEntry>(base + sizeof(abi::ArchiveHeader))[index];
}
} // namespace

void archive_initialise() noexcept {
    base = machine().archive_begin;
    const std::uint64_t bytes = machine().archive_end - base;
    if (base == 0 || bytes < sizeof(abi::ArchiveHeader)) {
        log::line("no boot archive");
        return;
    }
    const auto& header = *direct_as<const abi::ArchiveHeader>(base);
    if (header.magic != abi::kArchiveMagic || header.version != 1 || header.total_bytes > bytes ||
        header.count > (bytes - sizeof(header)) / sizeof(abi::ArchiveEntry) || base % kPage != 0) {
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
    return {{direct_as<const char>(base + item.name_offset), item.name_length},
            {direct_as<const std::byte>(base + item.offset), item.size_bytes},
            base + item.offset,
            item.kind};
}

} // namespace cw::kernel
