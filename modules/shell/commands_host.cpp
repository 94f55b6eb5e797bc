// Commands about files of the host: below directories that were granted, named "GRANT/PATH".
#include "commands.hpp"
#include "date.hpp"
#include "files.hpp"
#include "harmless.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"
#include <algorithm>

namespace shell {

namespace {

std::string_view name_of(file::Kind kind) noexcept {
    switch (kind) {
    case file::Kind::regular:
        return "file";
    case file::Kind::directory:
        return "directory";
    case file::Kind::pipe:
        return "pipe";
    case file::Kind::link:
        return "link";
    default:
        return "other";
    }
}

cw::BufferRef put_path(std::string_view path) noexcept {
    std::copy(path.begin(), path.end(), workspace.names.text());
    return workspace.names.ref(0, path.size());
}

/// Entries of one listing call, in Workspace::data.
void show_entries(std::uint64_t bytes) noexcept {
    for (std::uint64_t at = 0; at + sizeof(file::Entry) <= bytes;) {
        file::Entry entry{};
        __builtin_memcpy(&entry, workspace.data.data() + at, sizeof(entry));
        at += sizeof(entry);
        const std::uint64_t size = std::min<std::uint64_t>(entry.name_bytes, bytes - at);
        char* const name = workspace.data.text() + at;
        make_harmless({name, size});
        out.format(
            "{}{}\n", std::string_view{name, size}, entry.kind == file::Kind::directory ? "/" : "");
        at += (size + 7) / 8 * 8;
    }
}

} // namespace

cw::Task<int> list_host(std::string_view path) noexcept {
    CW_CO_TRY(ready, co_await have_host_files(path));
    if (!ready)
        co_return kFailed;
    for (std::uint64_t cursor = 0;;) {
        const auto listed = co_await file::list(
            {.path = put_path(path), .cursor = cursor, .into = workspace.data.out(0, 8192)});
        if (!listed) {
            out.format("{}: {}\n", path, cw::name_of(listed.error()));
            co_return kFailed;
        }
        if (listed->bytes == 0)
            co_return kDone;
        cursor = listed->cursor;
        show_entries(std::min<std::uint64_t>(listed->bytes, 8192));
        CW_CO_CHECK(co_await out.flush());
    }
}

cw::Task<int> stat(Arguments words) noexcept {
    int result = kDone;
    for (const std::string_view name : words) {
        CW_CO_TRY(ready, co_await have_host_files(name));
        if (!ready)
            co_return kFailed;
        const auto seen = co_await file::stat({put_path(name)});
        if (!seen) {
            out.format("{}: {}\n", name, cw::name_of(seen.error()));
            result = kFailed;
            continue;
        }
        out.put_number(seen->size, 12);
        out.put("  ");
        out.put(text_of(date_of(seen->modified_ns / 1'000'000'000)).view());
        out.format("  {}{}  {}\n",
                   name_of(seen->kind),
                   seen->writable != 0 ? "" : ", to be read only",
                   name);
    }
    co_return result;
}

cw::Task<int> write(Arguments words) noexcept {
    const bool append = words[0] == "--append";
    if (append)
        words = words.subspan(1);
    if (words.empty()) {
        out.put("usage: write [--append] FILE [TEXT...]\n");
        co_return kFailed;
    }
    const std::string_view name = words[0];
    CW_CO_TRY(ready, co_await have_host_files(name));
    if (!ready)
        co_return kFailed;
    std::uint64_t size = 0;
    for (const std::string_view word : words.subspan(1)) {
        if (size != 0)
            workspace.data.text()[size++] = ' ';
        size += word.copy(workspace.data.text() + size, word.size()); // a command is short
    }
    workspace.data.text()[size++] = '\n';
    const std::uint64_t flags =
        file::kWrite | file::kCreate | (append ? file::kAppend : file::kTruncate);
    const auto opened = co_await file::open({put_path(name), flags});
    if (!opened) {
        out.format("{}: {}\n", name, cw::name_of(opened.error()));
        co_return kFailed;
    }
    auto done = co_await file::write({opened->handle, 0, workspace.data.ref(0, size)});
    cw::Status status = done ? cw::Status::ok : done.error();
    if (done && done->bytes != size)
        status = cw::Status::no_resource;
    if (status == cw::Status::ok) {
        const auto synced = co_await file::sync({opened->handle, 0});
        status = synced ? cw::Status::ok : synced.error();
    }
    static_cast<void>(co_await file::close({opened->handle}));
    if (status != cw::Status::ok)
        out.format("{}: {}\n", name, cw::name_of(status));
    co_return status == cw::Status::ok ? kDone : kFailed;
}

} // namespace shell
