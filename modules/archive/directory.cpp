#include "directory.hpp"

namespace archive {

namespace {

bool lies_within(std::uint64_t offset, std::uint64_t bytes, std::uint64_t whole) noexcept {
    return offset <= whole && bytes <= whole - offset;
}

bool is_sound(const cw::abi::ArchiveEntry& entry, std::uint64_t whole) noexcept {
    return lies_within(entry.offset, entry.size_bytes, whole) &&
           lies_within(entry.name_offset, entry.name_length, whole) && entry.name_length >= 1 &&
           entry.name_length <= 255;
}

} // namespace

cw::Result<Directory> Directory::read(std::span<const std::byte> pages) noexcept {
    using cw::abi::ArchiveEntry;
    using cw::abi::ArchiveHeader;
    if (pages.size() < sizeof(ArchiveHeader))
        return cw::refuse(cw::Status::malformed);
    const auto& header = *reinterpret_cast<const ArchiveHeader*>(pages.data());
    if (header.magic != cw::abi::kArchiveMagic || header.version != 1 ||
        header.count > (pages.size() - sizeof(ArchiveHeader)) / sizeof(ArchiveEntry))
        return cw::refuse(cw::Status::malformed);
    const auto* first = reinterpret_cast<const ArchiveEntry*>(pages.data() + sizeof(ArchiveHeader));
    const std::span entries{first, header.count};
    for (const ArchiveEntry& entry : entries) {
        if (!is_sound(entry, pages.size()))
            return cw::refuse(cw::Status::malformed);
    }
    return Directory{pages, entries};
}

File Directory::file(std::size_t index) const noexcept {
    const cw::abi::ArchiveEntry& entry = entries_[index];
    const auto* name = reinterpret_cast<const char*>(pages_.data() + entry.name_offset);
    return {.name = {name, entry.name_length},
            .data = pages_.subspan(entry.offset, entry.size_bytes),
            .kind = entry.kind};
}

cw::Result<std::size_t> Directory::find(cw::abi::ArchiveKind kind,
                                        std::string_view name) const noexcept {
    for (std::size_t i = 0; i < count(); ++i) {
        const File here = file(i);
        if (here.kind == kind && here.name == name)
            return i;
    }
    return cw::refuse(cw::Status::not_found);
}

} // namespace archive
