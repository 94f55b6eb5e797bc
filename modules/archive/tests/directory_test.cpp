#include "directory.hpp"
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using cw::abi::ArchiveEntry;
using cw::abi::ArchiveHeader;
using cw::abi::ArchiveKind;

struct Source {
    ArchiveKind kind;
    std::string name;
    std::string data;
};

/// An archive as the tools write it.
std::vector<std::byte> pack(const std::vector<Source>& sources) {
    std::size_t names = sizeof(ArchiveHeader) + sources.size() * sizeof(ArchiveEntry);
    std::size_t data = (names + 256 * sources.size() + 4095) / 4096 * 4096;
    std::vector<std::byte> bytes(data);
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const Source& source = sources[i];
        const ArchiveEntry entry{.offset = bytes.size(),
                                 .size_bytes = source.data.size(),
                                 .name_offset = static_cast<std::uint32_t>(names),
                                 .name_length = static_cast<std::uint32_t>(source.name.size()),
                                 .kind = source.kind,
                                 .reserved = 0};
        bytes.resize(bytes.size() + (source.data.size() + 4095) / 4096 * 4096);
        std::memcpy(&bytes[sizeof(ArchiveHeader) + i * sizeof(entry)], &entry, sizeof(entry));
        std::memcpy(&bytes[names], source.name.data(), source.name.size());
        if (!source.data.empty())
            std::memcpy(&bytes[entry.offset], source.data.data(), source.data.size());
        names += source.name.size();
    }
    const ArchiveHeader header{.magic = cw::abi::kArchiveMagic,
                               .version = 1,
                               .count = static_cast<std::uint32_t>(sources.size()),
                               .total_bytes = bytes.size(),
                               .reserved = 0};
    std::memcpy(bytes.data(), &header, sizeof(header));
    return bytes;
}

std::string text(const archive::File& file) {
    return {reinterpret_cast<const char*>(file.data.data()), file.data.size()};
}

template <class Change>
cw::Status status_after(Change change) {
    std::vector<std::byte> bytes = pack({{ArchiveKind::file, "a", "x"}});
    auto* header = reinterpret_cast<ArchiveHeader*>(bytes.data());
    auto* entry = reinterpret_cast<ArchiveEntry*>(bytes.data() + sizeof(ArchiveHeader));
    change(*header, *entry);
    const auto read = archive::Directory::read(bytes);
    return read ? cw::Status::ok : read.error();
}

TEST(Directory, lists_and_finds_files_by_kind_and_name) {
    const std::string long_name(255, 'n');
    const auto bytes = pack({{ArchiveKind::file, "boot", "of the user"},
                             {ArchiveKind::file, "empty", ""},
                             {ArchiveKind::file, long_name, std::string(5000, 'd')},
                             {ArchiveKind::script, "boot", "help\n"}});
    const auto directory = archive::Directory::read(bytes);
    ASSERT_TRUE(directory.has_value());
    ASSERT_EQ(directory->count(), 4u);
    EXPECT_EQ(directory->find(ArchiveKind::file, "boot"), 0u);
    EXPECT_EQ(directory->find(ArchiveKind::script, "boot"), 3u);
    EXPECT_EQ(text(directory->file(0)), "of the user");
    EXPECT_EQ(text(directory->file(1)), "");
    EXPECT_EQ(directory->file(2).name, long_name);
    EXPECT_EQ(directory->file(2).data.size(), 5000u);
    EXPECT_EQ(directory->file(3).kind, ArchiveKind::script);
    EXPECT_EQ(directory->find(ArchiveKind::module, "boot").error(), cw::Status::not_found);
    EXPECT_EQ(directory->find(ArchiveKind::file, "boo").error(), cw::Status::not_found);
    EXPECT_EQ(directory->find(ArchiveKind::file, "").error(), cw::Status::not_found);
}

TEST(Directory, is_empty_until_read) {
    EXPECT_EQ(archive::Directory{}.count(), 0u);
    EXPECT_EQ(archive::Directory{}.find(ArchiveKind::file, "a").error(), cw::Status::not_found);
}

TEST(Directory, refuses_what_is_not_an_archive) {
    EXPECT_EQ(archive::Directory::read({}).error(), cw::Status::malformed);
    EXPECT_EQ(status_after([](auto& header, auto&) { header.magic ^= 1; }), cw::Status::malformed);
    EXPECT_EQ(status_after([](auto& header, auto&) { header.version = 2; }), cw::Status::malformed);
    EXPECT_EQ(status_after([](auto& header, auto&) { header.count = 0xffff'ffff; }),
              cw::Status::malformed);
}

TEST(Directory, refuses_entries_that_lie_outside) {
    constexpr auto kMalformed = cw::Status::malformed;
    EXPECT_EQ(status_after([](auto&, auto&) {}), cw::Status::ok);
    EXPECT_EQ(status_after([](auto&, auto& e) { e.size_bytes = 4097; }), kMalformed);
    EXPECT_EQ(status_after([](auto&, auto& e) { e.size_bytes = ~0ull; }), kMalformed);
    EXPECT_EQ(status_after([](auto&, auto& e) { e.offset = ~0ull - 4095; }), kMalformed);
    EXPECT_EQ(status_after([](auto&, auto& e) { e.name_offset = 0xffff'ffff; }), kMalformed);
    EXPECT_EQ(status_after([](auto&, auto& e) { e.name_length = 0; }), kMalformed);
    EXPECT_EQ(status_after([](auto&, auto& e) { e.name_length = 256; }), kMalformed);
}

} // namespace
