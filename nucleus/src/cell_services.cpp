// Service `cells`: what modules may ask of the nucleus. Untrusted: all that is in buffers; it is
// copied before it is looked at.
#include "caller.hpp"
#include "cells.hpp"
#include "modules.hpp"
#include <cstring>
#include <cw/core/declare.hpp>
#include <cw/core/thread_sanitizer.hpp>
#include <cw/core/variables/schema.hpp>

namespace cw::kernel::cell::services {

namespace {

constexpr std::size_t kMostText = cells::kMaxName + 1 + cells::kMaxSchema;

/// Copies as much of a buffer as `into` takes. False: it is longer.
bool copy_from(const BufferRef& from, std::span<char> into) noexcept {
    if (from.size_bytes > into.size())
        return false;
    const auto* in = reinterpret_cast<const volatile char*>(from.address);
    for (std::size_t i = 0; i < from.size_bytes; ++i)
        into[i] = in[i];
    return true;
}

/// A name as a client has sent it. Guarded by kernel_lock.
Result<std::string_view> name_in(const BufferRef& from) noexcept {
    static char copy[cells::kMaxName];
    if (!copy_from(from, copy))
        return refuse(Status::not_found); // no cell has such a long one
    return std::string_view{copy, from.size_bytes};
}

Result<cells::Created> create(cells::Creation wanted) noexcept {
    static char copy[sizeof(cells::Request) + kMostText];
    const Locked hold{kernel_lock};
    ModuleInstance* module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    if (wanted.request.size_bytes < sizeof(cells::Request) || !copy_from(wanted.request, copy))
        return refuse(Status::invalid_argument);
    Wish wish{};
    std::memcpy(&wish.request, copy, sizeof(wish.request));
    const std::string_view text{copy + sizeof(wish.request),
                                wanted.request.size_bytes - sizeof(wish.request)};
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos)
        return refuse(Status::invalid_argument);
    wish.name = text.substr(0, end);
    wish.schema = text.substr(end + 1);
    const cells::Request& request = wish.request;
    if (wish.name.size() > cells::kMaxName || wish.schema.size() > cells::kMaxSchema ||
        request.bytes == 0 || request.bytes > cells::kMaxWideBytes ||
        request.on_release > cells::OnRelease::revert ||
        !loader::is_variable(wish.name, wish.schema, request.layout, request.bytes))
        return refuse(Status::invalid_argument);
    return cell::create(*module, wish);
}
CW_PROVIDE(cells::create, create, abi::kMethodQueuedOnly);

Result<Nothing> destroy(cells::Which which) noexcept {
    const Locked hold{kernel_lock};
    ModuleInstance* module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    CW_CHECK_OK(cell::destroy(*module, which));
    return Nothing{};
}
CW_PROVIDE(cells::destroy, destroy, abi::kMethodQueuedOnly);

Result<cells::Opened> open(cells::Wanted wanted) noexcept {
    const Locked hold{kernel_lock};
    ModuleInstance* module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    const std::string_view name = CW_TRY(name_in(wanted.name));
    return cell::open(*module, name, wanted);
}
CW_PROVIDE(cells::open, open, abi::kMethodQueuedOnly);

Result<Nothing> close(cells::Which which) noexcept {
    const Locked hold{kernel_lock};
    ModuleInstance* module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    CW_CHECK_OK(cell::close(*module, which));
    return Nothing{};
}
CW_PROVIDE(cells::close, close, abi::kMethodQueuedOnly);

Result<cells::Holder> holder(cells::Named named) noexcept {
    const Locked hold{kernel_lock};
    return cell::holder(CW_TRY(name_in(named.name)));
}
CW_PROVIDE(cells::holder, holder, abi::kMethodQueuedOnly);

Result<cells::Look> look(cells::Named named) noexcept {
    const Locked hold{kernel_lock};
    return cell::look(CW_TRY(name_in(named.name)));
}
CW_PROVIDE(cells::look, look, abi::kMethodQueuedOnly);

std::uint64_t describe_next(std::uint64_t cursor, TextWriter& line) noexcept {
    const Locked hold{kernel_lock}; // for one line at a time
    return describe(cursor, line);
}

cells::Lines list(cells::Page page) noexcept {
    const OrderedByPeer order{page.text.address, page.text.size_bytes};
    auto* into = reinterpret_cast<char*>(page.text.address);
    cells::Lines reply{0, page.cursor};
    do {
        char memory[256];
        TextWriter line{memory, sizeof(memory)};
        const std::uint64_t next = describe_next(reply.cursor, line);
        if (line.size() > page.text.size_bytes - reply.bytes) {
            if (reply.bytes == 0) // it fits into no buffer of that length
                reply.cursor = 0;
            return reply;
        }
        std::memcpy(into + reply.bytes, memory, line.size());
        reply.bytes += line.size();
        reply.cursor = next;
    } while (reply.cursor != 0);
    return reply;
}
CW_PROVIDE(cells::list, list, abi::kMethodQueuedOnly);

} // namespace

} // namespace cw::kernel::cell::services
