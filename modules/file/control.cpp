#include "control.hpp"
#include "paths.hpp"
#include "queue.hpp"
#include "transfers.hpp"
#include <algorithm>
#include <array>
#include <cstring>
#include <cw/core/service/clients.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/use.hpp>

CW_USES(cw::memory::area);
CW_USES(cw::clients::ended);
CW_USES(cw::files::open);
CW_USES(cw::files::close);
CW_USES(cw::files::stat);
CW_USES(cw::files::list);

namespace file {

namespace {

constexpr std::uint64_t kPathRoom = 1024;
constexpr std::uint64_t kErrandBytes = 32 * 1024; ///< A path, then what is listed.
constexpr std::size_t kErrands = 16;
constexpr std::uint64_t kLaterNs = 10'000'000;

constinit Handles all_handles;

/// One call of the nucleus that somebody waits for, or has waited.
struct Errand {
    bool taken = false;
    bool abandoned = false;     ///< Nobody waits any more.
    cw::Signal* done = nullptr; ///< Of who waits.
    cw::BufferRef path{};       ///< Our own copy.
    cw::OutBuffer room{};       ///< For a listing.
    std::uint32_t slot = 0;
    std::uint64_t argument = 0; ///< Flags, cursor or slot.
    cw::Result<cw::files::Opened> opened{cw::refuse(cw::Status::not_ready)};
    cw::Result<Properties> properties{cw::refuse(cw::Status::not_ready)};
    cw::Result<Listed> listed{cw::refuse(cw::Status::not_ready)};
};
std::array<Errand, kErrands> errands;
constinit cw::Area area; ///< kErrandBytes for each.
constinit Queue waiting;

void give_back(Errand& errand) noexcept {
    errand.taken = false;
    waiting.call();
}

/// The nucleus has answered.
void finish(Errand& errand) noexcept {
    if (errand.abandoned)
        give_back(errand);
    else
        errand.done->notify();
}

/// Closes a slot whose handle is none any more. The nucleus may lack a thread for it: later then.
cw::Task<> close_slot(std::uint32_t slot) noexcept {
    for (;;) {
        const auto closed = co_await cw::files::close({slot});
        if (closed || closed.error() != cw::Status::no_resource)
            break;
        static_cast<void>(co_await cw::sleep_ns(kLaterNs));
    }
    all_handles.give_back(slot);
    co_return cw::Nothing{};
}

/// As close_slot(), when nobody waits for it. Without memory for the coroutine the slot is lost
/// until its opener ends: it is closed then.
void let_close(std::uint32_t slot) noexcept {
    all_handles.close(slot);
    static_cast<void>(cw::spawn(close_slot(slot)));
}

/// Waits for an errand that is free, and for the area. Errors: cancelled, no_memory.
cw::Task<Errand*> take_errand() noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(kErrands * kErrandBytes));
        if (area.size() == 0) // whoever else came meanwhile has made one too: one is lost
            area = made;
    }
    for (;;) {
        const auto found = std::ranges::find(errands, false, &Errand::taken);
        if (found != errands.end()) {
            *found = {.taken = true};
            const auto index = static_cast<std::uint64_t>(found - errands.begin());
            found->path = area.ref(index * kErrandBytes, 0);
            found->room = area.out(index * kErrandBytes + kPathRoom, kErrandBytes - kPathRoom);
            co_return &*found;
        }
        Queue::Place place;
        if (!place.signal.prepare())
            co_return cw::refuse(cw::Status::no_memory);
        waiting.enter(place);
        while (!place.signal.set()) {
            const auto waited = co_await place.signal.wait();
            if (!waited) {
                waiting.leave(place);
                co_return cw::refuse(cw::Status::cancelled);
            }
        }
    }
}

/// Copies the caller's path, once, and checks the copy.
cw::Status copy_path(Errand& errand, const cw::BufferRef& path, bool may_be_empty) noexcept {
    if (path.size_bytes > cw::abi::kMaxPathBytes)
        return cw::Status::invalid_argument;
    char* const own = reinterpret_cast<char*>(errand.path.address);
    std::memcpy(own, reinterpret_cast<const char*>(path.address), path.size_bytes);
    errand.path.size_bytes = path.size_bytes;
    if (path.size_bytes == 0 && may_be_empty)
        return cw::Status::ok;
    return check_path({own, path.size_bytes});
}

/// Has `errand` run and waits for it. Errors: cancelled: the errand goes on by itself; no_memory.
cw::Task<> wait_for(Errand& errand, cw::Task<> (*run)(Errand&) noexcept) noexcept {
    cw::Signal done;
    errand.done = &done;
    if (!done.prepare() || cw::spawn(run(errand)) != cw::Status::ok) {
        give_back(errand);
        co_return cw::refuse(cw::Status::no_memory);
    }
    while (!done.set()) {
        const auto waited = co_await done.wait();
        if (!waited) {
            errand.abandoned = true;
            co_return cw::refuse(cw::Status::cancelled);
        }
    }
    co_return cw::Nothing{};
}

cw::Task<> run_open(Errand& errand) noexcept {
    errand.opened =
        co_await cw::files::open({.path = errand.path,
                                  .slot = errand.slot,
                                  .flags = static_cast<std::uint32_t>(errand.argument)});
    const std::uint32_t slot = errand.slot;
    const bool abandoned = errand.abandoned;
    const bool opened = errand.opened.has_value();
    finish(errand);
    if (!opened)
        all_handles.give_back(slot);
    else if (abandoned)
        let_close(slot);
    co_return cw::Nothing{};
}

cw::Task<> run_stat(Errand& errand) noexcept {
    errand.properties = co_await cw::files::stat({.path = errand.path, .slot = errand.argument});
    finish(errand);
    co_return cw::Nothing{};
}

cw::Task<> run_list(Errand& errand) noexcept {
    errand.listed = co_await cw::files::list(
        {.path = errand.path, .cursor = errand.argument, .into = errand.room});
    finish(errand);
    co_return cw::Nothing{};
}

cw::Task<Properties> look_up(Errand& errand) noexcept {
    CW_CO_CHECK(co_await wait_for(errand, &run_stat));
    const auto found = errand.properties;
    give_back(errand);
    co_return found;
}

/// Closes what clients left.
cw::Task<> follow_clients() noexcept {
    for (;;) {
        const auto ended = co_await cw::clients::ended();
        if (!ended) { // this module ends, or the nucleus has no memory for the moment
            static_cast<void>(co_await cw::sleep_ns(kLaterNs));
            continue;
        }
        for (std::uint32_t slot = all_handles.any_open(ended->id); slot != Handles::kNone;
             slot = all_handles.any_open(ended->id))
            let_close(slot);
    }
}

} // namespace

Handles& handles() noexcept {
    return all_handles;
}

cw::Task<Opened> open_file(OpenArguments arguments, cw::Caller caller) noexcept {
    const Admission admission;
    if (!admission.granted())
        co_return cw::refuse(cw::Status::busy);
    if (arguments.flags > cw::files::kAllOpenFlags)
        co_return cw::refuse(cw::Status::invalid_argument);
    CW_CO_TRY(errand, co_await take_errand());
    if (const cw::Status status = copy_path(*errand, arguments.path, false);
        status != cw::Status::ok) {
        give_back(*errand);
        co_return cw::refuse(status);
    }
    const auto flags = static_cast<std::uint32_t>(arguments.flags);
    const auto slot = all_handles.claim(caller.id, flags);
    if (!slot) {
        give_back(*errand);
        co_return cw::refuse(slot.error());
    }
    errand->slot = *slot;
    errand->argument = flags;
    const auto waited = co_await wait_for(*errand, &run_open);
    if (!waited) {
        if (waited.error() == cw::Status::no_memory)
            all_handles.give_back(*slot);
        co_return cw::refuse(waited.error());
    }
    const auto opened = errand->opened;
    give_back(*errand);
    if (!opened)
        co_return cw::refuse(opened.error());
    const bool given_up = co_await cw::given_up();
    if (given_up) {
        let_close(*slot);
        co_return cw::refuse(cw::Status::cancelled);
    }
    co_return Opened{
        all_handles.opened(*slot), opened->size, static_cast<std::uint64_t>(opened->kind)};
}

cw::Task<cw::Nothing> close_file(Handle handle, cw::Caller caller) noexcept {
    CW_CO_TRY(slot, all_handles.find(caller.id, handle.handle));
    all_handles.close(slot);
    auto closing = close_slot(slot);
    if (!closing.allocated()) { // nothing has begun: it is as open as before
        static_cast<void>(all_handles.opened(slot));
        co_return cw::refuse(cw::Status::no_memory);
    }
    static_cast<void>(cw::spawn(std::move(closing)));
    co_return cw::Nothing{};
}

cw::Task<Properties> stat_path(Path path) noexcept {
    const Admission admission;
    if (!admission.granted())
        co_return cw::refuse(cw::Status::busy);
    CW_CO_TRY(errand, co_await take_errand());
    if (const cw::Status status = copy_path(*errand, path.path, false); status != cw::Status::ok) {
        give_back(*errand);
        co_return cw::refuse(status);
    }
    errand->argument = cw::files::kNoSlot;
    co_return co_await look_up(*errand);
}

cw::Task<Properties> stat_handle(Handle handle, cw::Caller caller) noexcept {
    const Admission admission;
    if (!admission.granted())
        co_return cw::refuse(cw::Status::busy);
    CW_CO_TRY(errand, co_await take_errand());
    const auto slot = all_handles.find(caller.id, handle.handle);
    if (!slot) {
        give_back(*errand);
        co_return cw::refuse(slot.error());
    }
    errand->argument = *slot;
    co_return co_await look_up(*errand);
}

cw::Task<Listed> list_directory(ListArguments arguments) noexcept {
    const Admission admission;
    if (!admission.granted())
        co_return cw::refuse(cw::Status::busy);
    CW_CO_TRY(errand, co_await take_errand());
    if (const cw::Status status = copy_path(*errand, arguments.path, true);
        status != cw::Status::ok) {
        give_back(*errand);
        co_return cw::refuse(status);
    }
    errand->argument = arguments.cursor;
    errand->room.size_bytes = std::min(errand->room.size_bytes, arguments.into.size_bytes);
    CW_CO_CHECK(co_await wait_for(*errand, &run_list));
    const auto listed = errand->listed;
    if (listed)
        std::memcpy(reinterpret_cast<void*>(arguments.into.address),
                    reinterpret_cast<const void*>(errand->room.address),
                    std::min(listed->bytes, errand->room.size_bytes));
    give_back(*errand);
    co_return listed;
}

void start_control() noexcept {
    static_cast<void>(cw::spawn(follow_clients()));
}

} // namespace file
