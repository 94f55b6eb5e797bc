// Service `files`: what a driver of files asks of the nucleus. Its handlers run on the worker and
// wait for threads of the device; nothing here touches a file system.
#include "files.hpp"
#include <cstring>
#include <cw/core/declare.hpp>
#include <cw/core/task.hpp>
#include <cw/nucleus/modules.hpp>
#include <unistd.h>
#include <utility>

namespace cw::hosted {

namespace {

constexpr Gated kCwGated = Gated::no;
constexpr OwnStubs kCwOwnStubs = OwnStubs::no;

constexpr std::size_t kMostListed = 32 * 1024;

/// Requires: the handler has not suspended.
Result<std::shared_ptr<FilesDevice>> device_of_caller() noexcept {
    const Locked hold{kernel_lock};
    auto device = device_of(calling_module());
    if (device == nullptr)
        return refuse(Status::not_permitted);
    return device;
}

/// Untrusted: what lies there may change while it is copied, once.
Result<Path> copy_path(const BufferRef& path) noexcept {
    if (path.size_bytes > abi::kMaxPathBytes)
        return refuse(Status::invalid_argument);
    return Path(reinterpret_cast<const char*>(path.address), path.size_bytes);
}

/// Has a thread of the device do `work`; the coroutine goes on when it is done.
template <class Work>
struct OnThread {
    FilesDevice& device;
    Work work;
    Status begun = Status::ok;

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        PromiseBase& promise = handle.promise();
        promise.ready.coroutine = handle.address();
        begun = device.perform({[this] { work(); }, &promise.ready});
        return begun == Status::ok;
    }
    [[nodiscard]] Status await_resume() const noexcept { return begun; }
};
template <class Work>
OnThread(FilesDevice&, Work) -> OnThread<Work>;

Task<files::Opened> open(files::OpenArguments arguments) noexcept {
    CW_CO_TRY(device, device_of_caller());
    CW_CO_TRY(path, copy_path(arguments.path));
    if (const Status status = device->begin_open(arguments.slot); status != Status::ok)
        co_return refuse(status);
    Result<files::Opened> opened = refuse(Status::not_ready);
    const bool writable = (arguments.flags & (files::kWrite | files::kAppend)) != 0;
    const Status done = co_await OnThread{
        *device, [&] {
            opened = device->end_open(arguments.slot, open_path(path, arguments.flags), writable);
        }};
    if (done != Status::ok)
        opened = device->end_open(arguments.slot, refuse(done), false);
    co_return opened;
}
CW_PROVIDE(files::open, open, abi::kMethodQueuedOnly);

struct Closing {
    FilesDevice& device;
    std::uint32_t slot;
    Result<bool> begun{false};

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        PromiseBase& promise = handle.promise();
        promise.ready.coroutine = handle.address();
        // Nothing of this object is touched once it may have been resumed: on this executor, so
        // not before this has returned.
        begun = device.close(slot, &promise.ready);
        return begun && *begun;
    }
    [[nodiscard]] Result<bool> await_resume() const noexcept { return begun; }
};

Task<Nothing> close(files::Slot slot) noexcept {
    CW_CO_TRY(device, device_of_caller());
    if (slot.slot >= abi::kFileSlots)
        co_return refuse(Status::out_of_range);
    const auto closed = co_await Closing{*device, static_cast<std::uint32_t>(slot.slot)};
    if (!closed)
        co_return refuse(closed.error());
    co_return Nothing{};
}
CW_PROVIDE(files::close, close, abi::kMethodQueuedOnly);

Task<files::Properties> stat(files::StatArguments arguments) noexcept {
    CW_CO_TRY(device, device_of_caller());
    CW_CO_TRY(path, copy_path(arguments.path));
    bool writable = false;
    int own = -1;
    if (arguments.slot != files::kNoSlot) {
        const auto duplicate = device->duplicate(arguments.slot, writable);
        if (!duplicate)
            co_return refuse(duplicate.error());
        own = *duplicate;
    }
    Result<files::Properties> properties = refuse(Status::not_ready);
    const Status done = co_await OnThread{*device, [&] {
                                              properties = own >= 0 ? properties_of(own, writable)
                                                                    : properties_of(path);
                                              if (own >= 0) // here, since that may take its time
                                                  ::close(own);
                                          }};
    if (done != Status::ok) {
        if (own >= 0)
            ::close(own);
        co_return refuse(done);
    }
    co_return properties;
}
CW_PROVIDE(files::stat, stat, abi::kMethodQueuedOnly);

Task<files::Listed> list(files::ListArguments arguments) noexcept {
    CW_CO_TRY(device, device_of_caller());
    CW_CO_TRY(path, copy_path(arguments.path));
    const std::size_t room = std::min<std::uint64_t>(arguments.into.size_bytes, kMostListed);
    Result<Listing> listing = refuse(Status::not_ready);
    const Status done =
        co_await OnThread{*device, [&] { listing = list_path(path, arguments.cursor, room); }};
    if (done != Status::ok)
        co_return refuse(done);
    if (!listing)
        co_return refuse(listing.error());
    std::memcpy(reinterpret_cast<void*>(arguments.into.address),
                listing->entries.data(),
                listing->entries.size());
    co_return files::Listed{listing->entries.size(), listing->cursor};
}
CW_PROVIDE(files::list, list, abi::kMethodQueuedOnly);

} // namespace

} // namespace cw::hosted
