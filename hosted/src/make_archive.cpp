#include <algorithm>
#include <cstring>
#include <cw/abi/layout.hpp>
#include <cw/hosted/system.hpp>
#include <tuple>

namespace cw::hosted {

namespace {

constexpr std::size_t kMaxName = 255;

std::size_t page_up(std::size_t bytes) noexcept {
    return (bytes + abi::kPageSize - 1) / abi::kPageSize * abi::kPageSize;
}

void put(std::string& into, std::size_t at, const void* what, std::size_t bytes) {
    if (into.size() < at + bytes)
        into.resize(at + bytes);
    std::memcpy(into.data() + at, what, bytes);
}

} // namespace

std::expected<std::string, Failure> make_archive(std::vector<ArchiveItem> items) {
    const auto key = [](const ArchiveItem& item) { return std::tie(item.kind, item.name); };
    std::ranges::sort(items, {}, key);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].name.empty() || items[i].name.size() > kMaxName)
            return std::unexpected{
                Failure{Status::invalid_argument,
                        "\"" + items[i].name + "\": a name in an archive has 1 to 255 bytes"}};
        if (i > 0 && key(items[i]) == key(items[i - 1]))
            return std::unexpected{
                Failure{Status::already_exists, items[i].name + ": two files have this name"}};
    }
    std::string archive;
    std::size_t names = sizeof(abi::ArchiveHeader) + items.size() * sizeof(abi::ArchiveEntry);
    std::size_t data = names;
    for (const ArchiveItem& item : items)
        data += item.name.size();
    data = page_up(data);
    for (std::size_t i = 0; i < items.size(); ++i) {
        const ArchiveItem& item = items[i];
        const abi::ArchiveEntry entry{.offset = data,
                                      .size_bytes = item.bytes.size(),
                                      .name_offset = static_cast<std::uint32_t>(names),
                                      .name_length = static_cast<std::uint32_t>(item.name.size()),
                                      .kind = item.kind,
                                      .reserved = 0};
        put(archive, sizeof(abi::ArchiveHeader) + i * sizeof(entry), &entry, sizeof(entry));
        put(archive, names, item.name.data(), item.name.size());
        put(archive, data, item.bytes.data(), item.bytes.size());
        names += item.name.size();
        data = page_up(data + item.bytes.size());
    }
    archive.resize(data);
    const abi::ArchiveHeader header{.magic = abi::kArchiveMagic,
                                    .version = 1,
                                    .count = static_cast<std::uint32_t>(items.size()),
                                    .total_bytes = data,
                                    .reserved = 0};
    put(archive, 0, &header, sizeof(header));
    return archive;
}

} // namespace cw::hosted
