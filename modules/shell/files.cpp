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
            co_return File{
                found->index, found->bytes, kind, {workspace.names.text(), name.size()}, false};
        if (found.error() != cw::Status::not_found)
            co_return cw::refuse(found.error());
    }
    co_return cw::refuse(cw::Status::not_found);
}

namespace {

bool host_file_open;
std::uint64_t host_handle; ///< While one is open.

cw::Task<File> open_host_file(std::string_view path) noexcept {
    CW_CO_TRY(there, co_await have_host_files(path));
    if (!there)
        co_return cw::refuse(cw::Status::not_found);
    co_await close_host_file();
    std::copy(path.begin(), path.end(), workspace.names.text());
    const auto opened = co_await file::open({workspace.names.ref(0, path.size()), file::kRead});
    if (!opened) {
        out.format("{}: {}\n", path, cw::name_of(opened.error()));
        co_return cw::refuse(opened.error());
    }
    host_file_open = true;
    host_handle = opened->handle;
    co_return File{.index = opened->handle,
                   .bytes = opened->size,
                   .kind = cw::abi::ArchiveKind::file,
                   .name = {workspace.names.text(), path.size()},
                   .of_host = true};
}

} // namespace

cw::Task<bool> have_host_files(std::string_view path) noexcept {
    if (path.size() > kMaxFileName) {
        out.format("the name of a file has at most {} bytes\n", kMaxFileName);
        co_return false;
    }
    CW_CO_TRY(there, co_await ensure("file"));
    if (!there)
        co_return false;
    const auto granted =
        co_await file::list({.path = {}, .cursor = 0, .into = workspace.data.out(0, 1024)});
    if (!granted)
        out.format("there are no files of the host: {}\n", cw::name_of(granted.error()));
    else if (granted->bytes == 0)
        out.put("no directory was granted: start the system with --dir NAME=PATH\n");
    co_return granted && granted->bytes != 0;
}

cw::Task<> close_host_file() noexcept {
    if (host_file_open) {
        host_file_open = false;
        static_cast<void>(co_await file::close({host_handle}));
    }
    co_return cw::Nothing{};
}

cw::Task<File> open_file(std::string_view name) noexcept {
    if (name.find('/') != std::string_view::npos) // no name in the archive has one
        co_return co_await open_host_file(name);
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
                   {workspace.names.text() + name_offset, name.bytes},
                   false};
}

cw::Task<std::uint64_t> read_file(File from, std::uint64_t offset, cw::OutBuffer into) noexcept {
    if (from.of_host) {
        CW_CO_TRY(moved, co_await file::read({from.index, offset, into}));
        co_return moved.bytes;
    }
    const archive::ReadArguments wanted{.index = from.index, .offset = offset, .into = into};
    CW_CO_TRY(read, co_await archive::read(wanted));
    co_return read.bytes;
}

} // namespace shell
