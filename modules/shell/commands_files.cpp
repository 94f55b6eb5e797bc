// Commands about files.
#include "commands.hpp"
#include "files.hpp"
#include "harmless.hpp"
#include "keyboard.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"

namespace shell {

namespace {

std::string_view name_of(cw::abi::ArchiveKind kind) noexcept {
    switch (kind) {
    case cw::abi::ArchiveKind::file:
        return "file";
    case cw::abi::ArchiveKind::module:
        return "module";
    case cw::abi::ArchiveKind::script:
        return "script";
    }
    return "?";
}

/// True: the user has had enough.
cw::Task<bool> show_file(File file) noexcept {
    for (std::uint64_t offset = 0;;) {
        CW_CO_TRY(bytes, co_await read_file(file, offset, workspace.data.out()));
        if (bytes == 0)
            co_return false;
        offset += bytes;
        make_harmless({workspace.data.text(), bytes});
        CW_CO_CHECK(co_await out.write({workspace.data.text(), bytes}));
        CW_CO_TRY(stop, co_await wants_to_stop());
        if (stop)
            co_return true;
    }
}

cw::Task<> hash_with(std::uint64_t handle, File file) noexcept {
    for (std::uint64_t offset = 0;;) {
        CW_CO_TRY(bytes, co_await read_file(file, offset, workspace.data.out()));
        if (bytes == 0)
            co_return cw::Nothing{};
        offset += bytes;
        const digest::Piece piece{.handle = handle, .data = workspace.data.ref(0, bytes)};
        CW_CO_CHECK(co_await digest::update(piece));
        CW_CO_TRY(stop, co_await wants_to_stop());
        if (stop)
            co_return cw::refuse(cw::Status::cancelled);
    }
}

} // namespace

cw::Task<int> ls(Arguments words) noexcept {
    const std::string_view option = words.empty() ? std::string_view{} : words[0];
    if (option == "--granted")
        co_return co_await list_host({});
    if (!option.empty() && !option.starts_with("--"))
        co_return co_await list_host(option);
    if (!option.empty() && option != "--modules" && option != "--all") {
        out.format("ls: {}: no such option; there are --modules, --all and --granted\n", option);
        co_return kFailed;
    }
    CW_CO_TRY(there, co_await have_files());
    if (!there)
        co_return kFailed;
    const auto wanted =
        option == "--modules" ? cw::abi::ArchiveKind::module : cw::abi::ArchiveKind::file;
    CW_CO_TRY(count, co_await archive::count());
    bool any = false;
    for (std::uint64_t index = 0; index < count.files; ++index) {
        CW_CO_TRY(file, co_await file_at(index, 0));
        if (option != "--all" && file.kind != wanted)
            continue;
        any = true;
        out.put_number(file.bytes, 12);
        if (option == "--all")
            out.format("  {}", name_of(file.kind));
        out.format("  {}\n", file.name);
        if (index % 64 == 63)
            CW_CO_CHECK(co_await out.flush());
    }
    if (!any)
        out.put("no files were handed over; `ls --all` shows the rest of the archive\n");
    co_return kDone;
}

cw::Task<int> cat(Arguments words) noexcept {
    CW_CO_TRY(there, co_await have_files());
    int result = there ? kDone : kFailed;
    for (std::size_t i = 0; there && i < words.size(); ++i) {
        const auto file = co_await open_file(words[i]);
        if (!file) {
            result = kFailed;
            continue;
        }
        CW_CO_TRY(stopped, co_await show_file(*file));
        if (stopped)
            co_return kFailed;
    }
    co_return result;
}

cw::Task<int> sha256(Arguments words) noexcept {
    CW_CO_TRY(files, co_await have_files());
    CW_CO_TRY(ready, co_await ensure("digest"));
    int result = files && ready ? kDone : kFailed;
    for (std::size_t i = 0; files && ready && i < words.size(); ++i) {
        const auto file = co_await open_file(words[i]);
        if (!file) {
            result = kFailed;
            continue;
        }
        CW_CO_TRY(handle, co_await digest::open());
        const auto hashed = co_await hash_with(handle.handle, *file);
        const auto digest =
            co_await digest::finish(handle); // in any case: it gives the handle back
        if (!hashed || !digest)
            co_return cw::refuse(hashed ? digest.error() : hashed.error());
        out.put_hex(digest->bytes);
        out.format("  {}\n", words[i]);
        CW_CO_CHECK(co_await out.flush());
    }
    co_return result;
}

} // namespace shell
