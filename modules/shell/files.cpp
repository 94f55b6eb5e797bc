#include "files.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"
#include <algorithm>

namespace shell {

cw::Task<bool> have_files() noexcept {
    CW_CO_TRY(there, co_await ensure("archive"));
    if (!there)
        co_return false;
    const auto count = co_await archive::count();
    if (!count)
        out.format("there are no files: {}\n", cw::name_of(count.error()));
    co_return count.has_value();
}

cw::Task<File> find_file(std::string_view name) noexcept {
    using cw::abi::ArchiveKind;
    if (name.size() > kMaxFileName)
        co_return cw::refuse(cw::Status::not_found);
    std::copy(name.begin(), name.end(), workspace.names.text());
    for (const ArchiveKind kind : {ArchiveKind::file, ArchiveKind::module, ArchiveKind::script}) {
        const archive::FindArguments wanted{.kind = static_cast<std::uint64_t>(kind),
                                            .name = workspace.names.ref(0, name.size())};
        const auto found = co_await archive::find(wanted);
        if (found)
            co_return File{found->index, found->bytes, kind, {workspace.names.text(), name.size()}};
        if (found.error() != cw::Status::not_found)
            co_return cw::refuse(found.error());
    }
    co_return cw::refuse(cw::Status::not_found);
}

cw::Task<File> open_file(std::string_view name) noexcept {
    const auto file = co_await find_file(name);
    if (!file && file.error() == cw::Status::not_found)
        out.format("{}: no such file; `ls` lists them\n", name);
    else if (!file)
        out.format("{}: {}\n", name, cw::name_of(file.error()));
    co_return file;
}

cw::Task<File> file_at(std::uint64_t index, std::uint64_t name_offset) noexcept {
    CW_CO_TRY(properties, co_await archive::stat({index}));
    const archive::NameArguments wanted{.index = index, .name = workspace.names.out(name_offset)};
    CW_CO_TRY(name, co_await archive::name(wanted));
    co_return File{index,
                   properties.bytes,
                   properties.kind,
                   {workspace.names.text() + name_offset, name.bytes}};
}

cw::Task<std::uint64_t> read_file(File file, std::uint64_t offset, cw::OutBuffer into) noexcept {
    const archive::ReadArguments wanted{.index = file.index, .offset = offset, .into = into};
    CW_CO_TRY(read, co_await archive::read(wanted));
    co_return read.bytes;
}

} // namespace shell
