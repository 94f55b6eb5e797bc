// The main job: every file of the user, hashed through the service `digest` in each placement; and
// what that cost.
#include "commands.hpp"
#include "files.hpp"
#include "keyboard.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"
#include <array>
#include <cw/sdk/arch/raw_calls.hpp>
#include <optional>

namespace shell {

namespace {

constexpr std::uint64_t kPieceBytes = 64 * 1024;
constexpr std::size_t kInFlight = 64; ///< As many calls as a channel carries at once.

constinit cw::Area pieces; ///< kInFlight of them.
std::array<std::optional<cw::Future<digest::update_method>>, kInFlight> updates;
std::array<std::optional<cw::Future<file::read_method>>, kInFlight> reads;

struct Cost {
    std::uint64_t calls = 0;
    std::uint64_t instructions = 0; ///< Of this hart, whoever ran on it.
    std::uint64_t system_calls = 0; ///< Of the shell and, if it is a process, of digest.
    std::uint64_t wakes = 0;
    std::uint64_t hashed = 0; ///< Bytes.
    std::uint64_t lent = 0;   ///< Of them, those whose buffers went to digest by reference.
};

struct Placing {
    cw::abi::Placement placement;
    std::string_view name;
};
constexpr Placing kPlacings[] = {{cw::abi::Placement::kernel, "kernel"},
                                 {cw::abi::Placement::user_process, "user-process"},
                                 {cw::abi::Placement::sync_caller, "sync-caller"}};

cw::Task<cw::modules::Counters> counters(std::string_view module) noexcept {
    cw::modules::CounterArguments wanted{};
    std::copy(module.begin(), module.end(), wanted.module.begin());
    CW_CO_TRY(counted, co_await cw::modules::counters(wanted));
    co_return counted;
}

/// System calls of a process. A doorbell is usually rung by the wait that follows; rings beyond
/// that are calls of their own.
std::uint64_t system_calls(const cw::modules::Counters& c) noexcept {
    return c.system_calls + c.waits + (c.wakes > c.waits ? c.wakes - c.waits : 0);
}

/// What both sides have counted until now. On the caller's thread there is no other side.
cw::Task<Cost> cost_until_now(cw::abi::Placement placement) noexcept {
    CW_CO_TRY(own, co_await counters("shell"));
    Cost cost{.system_calls = system_calls(own), .wakes = own.wakes};
    if (placement == cw::abi::Placement::sync_caller) {
        CW_CO_TRY(lent, co_await cw::modules::lent({{"shell"}}));
        cost.lent = lent.sent;
    } else {
        CW_CO_TRY(theirs, co_await counters("digest"));
        CW_CO_TRY(lent, co_await cw::modules::lent({{"digest"}}));
        cost.lent = lent.received;
        cost.wakes += theirs.wakes;
        if (placement == cw::abi::Placement::user_process)
            cost.system_calls += system_calls(theirs);
    }
    co_return cost;
}

/// Reads up to kInFlight pieces of a file of the host, all at once; their bytes.
cw::Task<std::uint64_t> fill_from_host(File from, std::uint64_t offset) noexcept {
    for (std::size_t i = 0; i < kInFlight; ++i)
        reads[i].emplace(file::read(
            {from.index, offset + i * kPieceBytes, pieces.out(i * kPieceBytes, kPieceBytes)}));
    std::uint64_t filled = 0;
    cw::Status status = cw::Status::ok;
    for (std::size_t i = 0; i < kInFlight; ++i) { // all of them, whatever becomes of one
        const auto read = co_await *reads[i];
        reads[i].reset();
        if (!read)
            status = read.error();
        else if (filled == i * kPieceBytes) // else the file has ended before
            filled += read->bytes;
    }
    if (status != cw::Status::ok)
        co_return cw::refuse(status);
    co_return filled;
}

/// Reads up to kInFlight pieces; their bytes.
cw::Task<std::uint64_t> fill(File file, std::uint64_t offset) noexcept {
    if (file.of_host)
        co_return co_await fill_from_host(file, offset);
    std::uint64_t filled = 0;
    for (std::size_t i = 0; i < kInFlight; ++i) {
        const cw::OutBuffer piece = pieces.out(i * kPieceBytes, kPieceBytes);
        CW_CO_TRY(bytes, co_await read_file(file, offset + filled, piece));
        filled += bytes;
        if (bytes < kPieceBytes)
            break;
    }
    co_return filled;
}

/// Updates for so many bytes, all in flight before the first is awaited; gives the number of calls.
cw::Task<std::uint64_t> update(std::uint64_t handle, std::uint64_t bytes) noexcept {
    std::size_t count = 0;
    for (std::uint64_t at = 0; at < bytes; at += kPieceBytes) {
        const std::uint64_t size = std::min(kPieceBytes, bytes - at);
        updates[count++].emplace(digest::update({.handle = handle, .data = pieces.ref(at, size)}));
    }
    cw::Status status = cw::Status::ok;
    for (std::size_t i = 0; i < count; ++i) {
        const auto updated = co_await *updates[i];
        updates[i].reset();
        if (!updated)
            status = updated.error();
    }
    if (status != cw::Status::ok)
        co_return cw::refuse(status);
    co_return count;
}

/// Only the updates are measured, not the reading of the file.
cw::Task<Cost>
hash_measured(std::uint64_t handle, File file, cw::abi::Placement placement) noexcept {
    Cost cost;
    for (std::uint64_t offset = 0; offset < file.bytes;) {
        CW_CO_TRY(bytes, co_await fill(file, offset));
        if (bytes == 0)
            break;
        offset += bytes;
        CW_CO_TRY(before, co_await cost_until_now(placement));
        const std::uint64_t begin = cw::raw::instructions();
        CW_CO_TRY(calls, co_await update(handle, bytes));
        cost.instructions += cw::raw::instructions() - begin;
        CW_CO_TRY(after, co_await cost_until_now(placement));
        cost.calls += calls;
        cost.system_calls += after.system_calls - before.system_calls;
        cost.wakes += after.wakes - before.wakes;
        cost.lent += after.lent - before.lent;
        cost.hashed += bytes;
        CW_CO_TRY(stop, co_await wants_to_stop());
        if (stop)
            co_return cw::refuse(cw::Status::cancelled);
    }
    co_return cost;
}

/// "METHOD:PATH,..." of the shell's calls of digest.
cw::Task<> put_links() noexcept {
    CW_CO_TRY(table, co_await describe(cw::modules::What::edges));
    TableReader reader{table};
    bool any = false;
    for (Row row; reader.next(row);) {
        const auto& [client, method, provider, link, rest] = row.column;
        if (client != "shell" || provider != "digest")
            continue;
        out.format(any ? ",{}:{}" : "{}:{}", method, link);
        any = true;
    }
    co_return cw::Nothing{};
}

cw::Task<> hash_and_report(File file, Placing placing) noexcept {
    CW_CO_TRY(handle, co_await digest::open());
    const auto cost = co_await hash_measured(handle.handle, file, placing.placement);
    const auto digest = co_await digest::finish(handle); // in any case: it gives the handle back
    if (!cost || !digest)
        co_return cw::refuse(cost ? digest.error() : cost.error());
    out.format("@job file={} placement={} links=", file.name, placing.name);
    CW_CO_CHECK(co_await put_links());
    out.put(" sha256=");
    out.put_hex(digest->bytes);
    out.format(" calls={} instructions={} syscalls={} wakes={} copied={}\n",
               cost->calls,
               cost->instructions,
               cost->system_calls,
               cost->wakes,
               cost->hashed - cost->lent);
    co_return co_await out.flush();
}

/// False: the user was told what went wrong.
cw::Task<bool> run_placed(File file, Placing placing) noexcept {
    LoadOptions options;
    options.module = "digest";
    options.placement = placing.placement;
    CW_CO_TRY(loaded, co_await load(options));
    if (loaded.status != cw::Status::ok) {
        out.put(loaded.text);
        co_return false;
    }
    auto done = co_await wait_until_linked("digest");
    if (done)
        done = co_await hash_and_report(file, placing);
    CW_CO_TRY(unloaded, co_await unload("digest"));
    if (unloaded.status != cw::Status::ok)
        out.put(unloaded.text);
    if (!done && done.error() == cw::Status::cancelled)
        co_return cw::refuse(done.error()); // the user wants the whole job to stop
    if (!done)
        out.format("{} placed as {}: {}\n", file.name, placing.name, cw::name_of(done.error()));
    co_return done.has_value() && unloaded.status == cw::Status::ok;
}

/// Requirements of the job that do not depend on a file. False: the user was told what is missing.
cw::Task<bool> prepare() noexcept {
    CW_CO_TRY(files, co_await have_files());
    if (!files)
        co_return false;
    if (pieces.size() == 0) {
        CW_CO_TRY(area, co_await cw::Area::create(kInFlight * kPieceBytes));
        pieces = area;
    }
    CW_CO_TRY(loaded, co_await is_loaded("digest"));
    if (!loaded)
        co_return true;
    out.put("digest is loaded already; it is unloaded first\n");
    CW_CO_TRY(unloaded, co_await unload("digest"));
    out.put(unloaded.status == cw::Status::ok ? std::string_view{} : unloaded.text);
    co_return unloaded.status == cw::Status::ok;
}

} // namespace

namespace {

/// False: something went wrong in one placement at least.
cw::Task<bool> run_everywhere(File file) noexcept {
    bool all = true;
    for (const Placing placing : kPlacings) {
        CW_CO_TRY(done, co_await run_placed(file, placing));
        all = all && done;
    }
    co_return all;
}

/// Those of the archive; `count` is how many.
cw::Task<bool> run_archive(std::uint64_t& count) noexcept {
    CW_CO_TRY(entries, co_await archive::count());
    bool all = true;
    for (std::uint64_t index = 0; index < entries.files; ++index) {
        CW_CO_TRY(file, co_await file_at(index, 0));
        if (file.kind != cw::abi::ArchiveKind::file)
            continue;
        ++count;
        CW_CO_TRY(done, co_await run_everywhere(file));
        all = all && done;
    }
    co_return all;
}

constexpr std::string_view kGiven = "files/"; ///< The host's grant of single files.
constexpr std::uint64_t kListOffset = 1024;   ///< In Workspace::names, behind a path.
constexpr std::uint64_t kListBytes = 1024;

/// Those that were given one by one, where they are; `count` is how many.
cw::Task<bool> run_given(std::uint64_t& count) noexcept {
    bool all = true;
    for (std::uint64_t cursor = 0;;) {
        kGiven.copy(workspace.names.text(), kGiven.size());
        const auto listed =
            co_await file::list({.path = workspace.names.ref(0, kGiven.size() - 1),
                                 .cursor = cursor,
                                 .into = workspace.names.out(kListOffset, kListBytes)});
        if (!listed && listed.error() == cw::Status::not_found)
            co_return all; // there are none
        if (!listed)
            co_return cw::refuse(listed.error());
        if (listed->bytes == 0)
            co_return all;
        // One at a time: what else was listed is overwritten.
        file::Entry entry{};
        __builtin_memcpy(&entry, workspace.names.data() + kListOffset, sizeof(entry));
        ++cursor;
        char* const path = workspace.names.text();
        const std::uint64_t size = std::min<std::uint64_t>(entry.name_bytes, kMaxFileName);
        __builtin_memmove(
            path + kGiven.size(), workspace.names.data() + kListOffset + sizeof(entry), size);
        CW_CO_TRY(file, co_await open_file({path, kGiven.size() + size}));
        ++count;
        file.name.remove_prefix(kGiven.size());
        CW_CO_TRY(done, co_await run_everywhere(file));
        all = all && done;
    }
}

} // namespace

cw::Task<int> main_job(Arguments) noexcept {
    CW_CO_TRY(ready, co_await prepare());
    if (!ready)
        co_return kFailed;
    std::uint64_t count = 0;
    CW_CO_TRY(packed, co_await run_archive(count));
    bool all = packed;
    if (count == 0) {
        CW_CO_TRY(there, co_await ensure("file", Tell::no));
        if (there) {
            CW_CO_TRY(given, co_await run_given(count));
            all = given;
        }
    }
    if (count == 0)
        out.put("main-job: no files were handed over\n");
    co_return count != 0 && all ? kDone : kFailed;
}

} // namespace shell
