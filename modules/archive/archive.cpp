// The boot archive as a service. The kernel maps its pages for this module; whoever may call it
// reads files, not memory.
#include "directory.hpp"
#include <algorithm>
#include <cw/core/service/system.hpp>
#include <cw/modules/archive.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>

namespace {

archive::Directory directory;
cw::Status opened = cw::Status::not_ready;

cw::Result<archive::File> file_at(std::uint64_t index) noexcept {
    CW_CHECK_OK(opened);
    if (index >= directory.count())
        return cw::refuse(cw::Status::out_of_range);
    return directory.file(index);
}

std::uint64_t copy(std::span<const std::byte> from, const cw::OutBuffer& to) noexcept {
    const std::span<std::byte> into = cw::bytes_of(to);
    const std::size_t bytes = std::min(from.size(), into.size());
    if (bytes != 0)
        __builtin_memcpy(into.data(), from.data(), bytes);
    return bytes;
}

cw::Result<archive::Count> count(cw::Nothing) noexcept {
    CW_CHECK_OK(opened);
    return archive::Count{directory.count()};
}

cw::Result<archive::Properties> stat(archive::Index index) noexcept {
    const archive::File file = CW_TRY(file_at(index.index));
    return archive::Properties{.bytes = file.data.size(),
                               .kind = file.kind,
                               .name_bytes = static_cast<std::uint32_t>(file.name.size())};
}

cw::Result<archive::Bytes> name(archive::NameArguments arguments) noexcept {
    const archive::File file = CW_TRY(file_at(arguments.index));
    return archive::Bytes{copy(std::as_bytes(std::span{file.name}), arguments.name)};
}

cw::Result<archive::Found> find(archive::FindArguments arguments) noexcept {
    CW_CHECK_OK(opened);
    const auto wanted = cw::bytes_of(arguments.name);
    const std::string_view text{reinterpret_cast<const char*>(wanted.data()), wanted.size()};
    const auto kind = static_cast<cw::abi::ArchiveKind>(arguments.kind);
    const std::size_t index = CW_TRY(directory.find(kind, text));
    return archive::Found{.index = index, .bytes = directory.file(index).data.size()};
}

cw::Result<archive::Bytes> read(archive::ReadArguments arguments) noexcept {
    const archive::File file = CW_TRY(file_at(arguments.index));
    if (arguments.offset > file.data.size())
        return cw::refuse(cw::Status::out_of_range);
    return archive::Bytes{copy(file.data.subspan(arguments.offset), arguments.into)};
}

cw::Task<> open() noexcept {
    const auto pages = co_await cw::archive_pages::map();
    if (!pages) {
        opened = pages.error();
        co_return cw::refuse(opened);
    }
    const auto found = archive::Directory::read(
        {reinterpret_cast<const std::byte*>(pages->address), pages->bytes});
    opened = found ? cw::Status::ok : found.error();
    if (found)
        directory = *found;
    co_return cw::Nothing{};
}

} // namespace

CW_MODULE(archive, {.version = {1, 0}});
CW_REQUIRE(cw::archive_pages::map);
CW_PROVIDE(archive::count, count);
CW_PROVIDE(archive::stat, stat);
CW_PROVIDE(archive::name, name);
CW_PROVIDE(archive::find, find);
CW_PROVIDE(archive::read, read);

CW_START {
    static_cast<void>(cw::spawn(open()));
}
