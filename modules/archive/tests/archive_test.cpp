// Tests of the service archive, from one source in every placement. The files are those of
// archive.toml.
#include <cw/modules/archive.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(archive_test, {.version = {1, 0}});
CW_REQUIRE(archive::count);
CW_REQUIRE(archive::stat);
CW_REQUIRE(archive::name);
CW_REQUIRE(archive::find);
CW_REQUIRE(archive::read);
CW_REQUIRE(cw::memory::area);

namespace {

using cw::Status;
using cw::abi::ArchiveKind;

constexpr std::string_view kGreeting = "hello, archive\n";
constexpr std::uint64_t kLargeBytes = 100'000;

cw::Area area;

cw::Task<> prepare() noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(64 * 1024));
        area = made;
    }
    co_return cw::Nothing{};
}

cw::Task<archive::Found> find(ArchiveKind kind, std::string_view name) noexcept {
    name.copy(area.text(), name.size());
    const archive::FindArguments wanted{.kind = static_cast<std::uint64_t>(kind),
                                        .name = area.ref(0, name.size())};
    CW_CO_TRY(found, co_await archive::find(wanted));
    co_return found;
}

std::string_view text(std::uint64_t bytes) noexcept {
    return {area.text(), bytes};
}

} // namespace

CW_TEST(finds_and_reads_a_file) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(found, co_await find(ArchiveKind::file, "greeting"));
    CW_EXPECT_EQUAL(found.bytes, kGreeting.size());
    CW_EXPECT_VALUE(read, co_await archive::read({found.index, 0, area.out()}));
    CW_EXPECT(text(read.bytes) == kGreeting);
}

CW_TEST(reads_from_an_offset_as_much_as_fits) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(found, co_await find(ArchiveKind::file, "greeting"));
    CW_EXPECT_VALUE(part, co_await archive::read({found.index, 7, area.out(0, 4)}));
    CW_EXPECT(text(part.bytes) == "arch");
    CW_EXPECT_VALUE(end, co_await archive::read({found.index, kGreeting.size(), area.out()}));
    CW_EXPECT_EQUAL(end.bytes, 0);
    const auto beyond = co_await archive::read({found.index, kGreeting.size() + 1, area.out()});
    CW_EXPECT(!beyond.has_value());
    CW_EXPECT_EQUAL(beyond.error(), Status::out_of_range);
}

CW_TEST(a_large_file_comes_in_pieces) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(found, co_await find(ArchiveKind::file, "large"));
    CW_EXPECT_EQUAL(found.bytes, kLargeBytes);
    std::uint64_t offset = 0;
    for (;;) {
        CW_EXPECT_VALUE(read, co_await archive::read({found.index, offset, area.out()}));
        if (read.bytes == 0)
            break;
        offset += read.bytes;
    }
    CW_EXPECT_EQUAL(offset, kLargeBytes);
}

CW_TEST(lists_names_and_sizes) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(count, co_await archive::count());
    std::uint64_t greetings = 0;
    for (std::uint64_t index = 0; index < count.files; ++index) {
        CW_EXPECT_VALUE(stat, co_await archive::stat({index}));
        CW_EXPECT_VALUE(name, co_await archive::name({index, area.out(0, 255)}));
        CW_EXPECT_EQUAL(name.bytes, stat.name_bytes);
        if (stat.kind != ArchiveKind::file || text(name.bytes) != "greeting")
            continue;
        ++greetings;
        CW_EXPECT_EQUAL(stat.bytes, kGreeting.size());
    }
    CW_EXPECT_EQUAL(greetings, 1);
    const auto beyond = co_await archive::stat({count.files});
    CW_EXPECT(!beyond.has_value());
    CW_EXPECT_EQUAL(beyond.error(), Status::out_of_range);
}

CW_TEST(each_kind_has_names_of_its_own) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT((co_await find(ArchiveKind::module, "archive")).has_value());
    const auto as_file = co_await find(ArchiveKind::file, "archive");
    CW_EXPECT(!as_file.has_value());
    CW_EXPECT_EQUAL(as_file.error(), Status::not_found);
}
