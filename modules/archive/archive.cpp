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

/// Opens the archive when it is first asked for: whoever comes meanwhile asks the kernel once more,
/// and is answered in order.
cw::Task<> open() noexcept {
    if (opened == cw::Status::not_ready) {
        const auto pages = co_await cw::archive_pages::map();
        if (opened == cw::Status::not_ready) {
            opened = pages ? cw::Status::ok : pages.error();
            if (pages) {
                const auto found = archive::Directory::read(
                    {reinterpret_cast<const std::byte*>(pages->address), pages->bytes});
                if (found)
                    directory = *found;
                else
                    opened = found.error();
            }
        }
    }
    if (opened != cw::Status::ok)
        co_return cw::refuse(opened);
    co_return cw::Nothing{};
}

cw::Task<archive::File> file_at(std::uint64_t index) noexcept {
    CW_CO_CHECK(co_await open());
    if (index >= directory.count())
        co_return cw::refuse(cw::Status::out_of_range);
    co_return directory.file(index);
}

std::uint64_t copy(std::span<const std::byte> from, const cw::OutBuffer& to) noexcept {
    const std::span<std::byte> into = cw::bytes_of(to);
    const std::size_t bytes = std::min(from.size(), into.size());
    if (bytes != 0)
        __builtin_memcpy(into.data(), from.data(), bytes);
    return bytes;
}

cw::Task<archive::Count> count(cw::Nothing) noexcept {
    CW_CO_CHECK(co_await open());
    co_return archive::Count{directory.count()};
}

cw::Task<archive::Properties> stat(archive::Index index) noexcept {
    CW_CO_TRY(file, co_await file_at(index.index));
    co_return archive::Properties{.bytes = file.data.size(),
                                  .kind = file.kind,
                                  .name_bytes = static_cast<std::uint32_t>(file.name.size())};
}

cw::Task<archive::Bytes> name(archive::NameArguments arguments) noexcept {
    CW_CO_TRY(file, co_await file_at(arguments.index));
    co_return archive::Bytes{copy(std::as_bytes(std::span{file.name}), arguments.name)};
}

cw::Task<archive::Found> find(archive::FindArguments arguments) noexcept {
    CW_CO_CHECK(co_await open());
    const auto wanted = cw::bytes_of(arguments.name);
    const std::string_view text{reinterpret_cast<const char*>(wanted.data()), wanted.size()};
    const auto kind = static_cast<cw::abi::ArchiveKind>(arguments.kind);
    const auto index = directory.find(kind, text);
    if (!index)
        co_return cw::refuse(index.error());
    co_return archive::Found{.index = *index, .bytes = directory.file(*index).data.size()};
}

cw::Task<archive::Bytes> read(archive::ReadArguments arguments) noexcept {
    CW_CO_TRY(file, co_await file_at(arguments.index));
    if (arguments.offset > file.data.size())
        co_return cw::refuse(cw::Status::out_of_range);
    co_return archive::Bytes{copy(file.data.subspan(arguments.offset), arguments.into)};
}

} // namespace

CW_MODULE(archive, {.version = {1, 0}});
CW_REQUIRE(cw::archive_pages::map);
CW_PROVIDE(archive::count, count);
CW_PROVIDE(archive::stat, stat);
CW_PROVIDE(archive::name, name);
CW_PROVIDE(archive::find, find);
CW_PROVIDE(archive::read, read);
