// Files of the host, over the device that it gives their driver: cw/abi/files.hpp.
#include "control.hpp"
#include "transfers.hpp"
#include <cw/core/service/clients.hpp>
#include <cw/modules/file.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(file, {.version = {1, 0}, .frame_bytes = 1 << 20});

namespace {

cw::abi::DeviceGrant device{};

/// Moves the bytes of a buffer, for a handle that may be moved that way.
cw::Task<file::Bytes> move(file::Operation operation,
                           std::uint32_t right,
                           std::uint64_t handle,
                           std::uint64_t offset,
                           cw::BufferRef buffer,
                           std::uint64_t caller) noexcept {
    const file::Admission admission;
    if (!admission.granted())
        co_return cw::refuse(cw::Status::busy);
    CW_CO_TRY(slot, file::handles().find(caller, handle));
    if ((file::handles().at(slot).flags & right) == 0)
        co_return cw::refuse(cw::Status::not_permitted);
    if (offset > ~std::uint64_t{0} >> 1)
        co_return cw::refuse(cw::Status::out_of_range);
    if (buffer.size_bytes == 0)
        co_return file::Bytes{0};
    CW_CO_TRY(
        bytes,
        co_await file::transfer({operation, slot, offset, buffer.address, buffer.size_bytes, 0}));
    co_return file::Bytes{bytes};
}

cw::Task<file::Bytes> read(file::ReadArguments a, cw::Caller caller) noexcept {
    return move(file::kReadPlain,
                file::kRead,
                a.handle,
                a.offset,
                {a.into.address, a.into.size_bytes},
                caller.id);
}

cw::Task<file::Bytes> write(file::WriteArguments a, cw::Caller caller) noexcept {
    return move(
        file::kWritePlain, file::kWrite | file::kAppend, a.handle, a.offset, a.from, caller.id);
}

cw::Task<cw::Nothing> sync(file::SyncArguments arguments, cw::Caller caller) noexcept {
    const file::Admission admission;
    if (!admission.granted())
        co_return cw::refuse(cw::Status::busy);
    CW_CO_TRY(slot, file::handles().find(caller.id, arguments.handle));
    const std::uint32_t flags = arguments.data_only != 0 ? file::kDataOnlyFlag : 0;
    CW_CO_CHECK(co_await file::transfer({file::kSync, slot, 0, 0, 0, flags}));
    co_return cw::Nothing{};
}

file::Statistics statistics(cw::Nothing) noexcept {
    const file::Counts& all = file::counts();
    return {file::handles().taken(),
            all.under_way,
            all.transfers,
            all.registered,
            all.cancelled,
            all.submissions};
}

} // namespace

CW_DEVICE("causeway,files", device);
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::clients::ended);
// Optional, so that where there are no files it is the device that is missing.
CW_REQUIRE(cw::files::open, cw::abi::kMethodOptional);
CW_REQUIRE(cw::files::close, cw::abi::kMethodOptional);
CW_REQUIRE(cw::files::stat, cw::abi::kMethodOptional);
CW_REQUIRE(cw::files::list, cw::abi::kMethodOptional);
CW_PROVIDE(file::open, file::open_file);
CW_PROVIDE(file::read, read);
CW_PROVIDE(file::write, write);
CW_PROVIDE(file::sync, sync);
CW_PROVIDE(file::stat, file::stat_path);
CW_PROVIDE(file::properties, file::stat_handle);
CW_PROVIDE(file::list, file::list_directory);
CW_PROVIDE(file::close, file::close_file);
CW_PROVIDE(file::statistics, statistics);

CW_START {
    file::start_transfers(device);
    file::start_control();
}
