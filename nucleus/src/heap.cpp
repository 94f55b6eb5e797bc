// The kernel's service memory.grow: pages for the heaps of modules.
#include "caller.hpp"
#include "modules.hpp"
#include <cw/core/declare.hpp>
#include <cw/core/service/memory.hpp>
#include <cw/nucleus/host.hpp>

namespace cw::kernel {

namespace {

/// Whose call came through this slot; null if its domain has ended. A module on its caller's thread
/// has a slot of its own, so it is not taken for its caller.
const Domain* domain_of_caller(const abi::Slot* slot) noexcept {
    if (slot != nullptr) // without a client it is the kernel's view of a system call
        return slot->edge->client == nullptr ? current()->domain : &kernel_domain();
    const ExecutorRecord& worker = *registry().worker;
    const ServerEnd* end = worker.view->serving;
    const Channel* channel = end == nullptr ? nullptr : worker.channels_by_server[end->index];
    return channel == nullptr || channel->client == nullptr ? nullptr : channel->client->domain;
}

/// More pages at the end of a heap. Errors: no_memory, with nothing changed.
Status extend(ModuleInstance& module, std::uint64_t from, std::uint64_t to) noexcept {
    Status status = Status::ok;
    // Page by page, never larger ones: it may shrink by any of them.
    for (std::uint64_t at = from; at < to && status == Status::ok; at += kPage)
        status = segment_populate(*module.heap, at, kPage);
    if (status == Status::ok)
        status =
            segment_map(*module.heap, *module.domain, from, to - from, kRightRead | kRightWrite);
    if (status != Status::ok)
        segment_depopulate(*module.heap, from, to - from);
    return status;
}

Result<memory::Stretch> memory_grow(memory::Growth growth, const abi::Slot* slot) noexcept {
    const Locked hold{kernel_lock};
    ModuleInstance* module = nullptr;
    if (growth.module <= ~std::uint32_t{0})
        module = module_by_id(static_cast<std::uint32_t>(growth.module));
    if (module == nullptr)
        return refuse(Status::not_found);
    if (module->domain != domain_of_caller(slot))
        return refuse(Status::not_permitted);
    if (growth.bytes > module->image->module().heap_bytes)
        return refuse(Status::out_of_range);
    if (module->heap == nullptr) // it has none, and asks for none
        return memory::Stretch{0, 0};
    const std::uint64_t bytes = round_up(growth.bytes, kPage);
    if (bytes > module->heap_bytes)
        CW_CHECK_OK(extend(*module, module->heap_bytes, bytes));
    else
        segment_depopulate(*module->heap, bytes, module->heap_bytes - bytes);
    module->heap_bytes = bytes;
    return memory::Stretch{module->heap->base, bytes};
}
CW_PROVIDE(memory::grow, memory_grow);

} // namespace

} // namespace cw::kernel
