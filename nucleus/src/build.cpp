// Building an instance of a module: its image in a segment, its pools, its tables.
#include "modules.hpp"
#include <cstring>
#include <cw/nucleus/cells.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/trace.hpp>
#include <cw/nucleus/variables.hpp>

namespace cw::kernel {

namespace {

Pool<ModuleInstance> instances{"modules.records"};
AllocationSite image_segments{"modules.images"};
AllocationSite pool_segments{"modules.pools"};
AllocationSite heap_segments{"modules.heaps"};
AllocationSite method_tables{"modules.methods"};

std::uint64_t page_rights(loader::Rights rights) noexcept {
    switch (rights) {
    case loader::Rights::read_write:
        return kRightRead | kRightWrite;
    case loader::Rights::execute:
    case loader::Rights::read_execute:
        return kRightRead | kRightExecute;
    default:
        return kRightRead;
    }
}

/// Puts the image's pages in place and relocates them.
Status fill_image(ModuleInstance& instance) noexcept {
    const loader::Image& image = *instance.image;
    for (const loader::Load& load : image.loads()) {
        if (load.private_copy) {
            if (const Status status =
                    segment_populate(*instance.segment, load.address, load.memory_bytes);
                status != Status::ok)
                return status;
            segment_write(*instance.segment,
                          load.address,
                          image.file().data() + load.file_offset,
                          load.file_bytes);
        } else if (const Status status = segment_borrow(*instance.segment,
                                                        load.address,
                                                        image.file().data() + load.file_offset,
                                                        load.memory_bytes);
                   status != Status::ok) {
            return status;
        }
    }
    for (std::size_t i = 0; i < image.relocation_count(); ++i) {
        const loader::Relocation relocation = image.relocation(i);
        const std::uint64_t value = instance.base + relocation.addend;
        segment_write(*instance.segment, relocation.address, &value, sizeof(value));
    }
    return Status::ok;
}

Status make_pools(ModuleInstance& instance) noexcept {
    const abi::ModuleRecord& record = instance.image->module();
    const std::uint64_t pending_bytes =
        kModulePendings * sizeof(Pending); // the executor makes the pool of it
    const std::uint64_t frame_bytes = round_up(record.frame_bytes, kPage);
    Segment* pool = nullptr;
    if (auto made = segment_create(
            *instance.domain, pending_bytes + frame_bytes, Backing::pages, pool_segments))
        pool = *made;
    else
        return made.error();
    instance.pool = pool;
    if (const Status status = segment_map(*pool, *instance.domain, kRightRead | kRightWrite);
        status != Status::ok)
        return status;
    ModuleState state{};
    state.pendings = reinterpret_cast<Pending*>(pool->base);
    state.ops = reinterpret_cast<const RuntimeOps*>(
        segment_view_as<abi::StartBlock>(*instance.executor->kernel_written)->ops);
    state.home = instance.executor->executor;
    state.id = instance.id;
    state.flags = record.flags | (instance.domain->is_kernel() ? 0 : kModuleAlone);
    state.traced.store(tracing() ? 1 : 0, Order::relaxed);
    state.frames.bump = pool->base + pending_bytes;
    state.frames.end = state.frames.bump + frame_bytes;
    if (record.heap_bytes != 0) {
        auto heap = segment_reserve(
            *instance.domain, record.heap_bytes, heap_segments); // pages come with memory.grow
        if (!heap)
            return heap.error();
        instance.heap = *heap;
        state.heap_begin = instance.heap->base;
        state.heap_end = instance.heap->base;
    }
    image_write(instance, record.state, &state, sizeof(state));
    return Status::ok;
}

Status make_methods(ModuleInstance& instance) noexcept {
    if (instance.image->provides().empty())
        return Status::ok;
    auto made = segment_create(
        *instance.domain, sizeof(abi::MethodTable), Backing::contiguous, method_tables);
    if (!made)
        return made.error();
    instance.methods = *made;
    auto* table = segment_view_as<abi::MethodTable>(**made);
    for (const abi::ProvideRecord& provide : instance.image->provides()) {
        table->add({.invoke = instance.base + provide.invoke,
                    .flags = provide.flags,
                    .shape = provide.shape,
                    .reserved = {}});
    }
    return segment_map(**made, *instance.domain, kRightRead);
}

} // namespace

void* image_view(const ModuleInstance& instance, std::uint64_t address) noexcept {
    return instance.segment != nullptr ? segment_view(*instance.segment, address)
                                       : reinterpret_cast<void*>(address);
}

void image_write(const ModuleInstance& instance,
                 std::uint64_t address,
                 const void* data,
                 std::uint64_t bytes) noexcept {
    if (instance.segment != nullptr)
        segment_write(*instance.segment, address, data, bytes);
    else
        std::memcpy(reinterpret_cast<void*>(address), data, bytes);
}

Result<ModuleInstance*> build_instance(const loader::Image& image,
                                       Domain& domain,
                                       ExecutorRecord& executor,
                                       abi::Placement placement) noexcept {
    ModuleInstance* instance = instances.allocate();
    if (instance == nullptr)
        return refuse(Status::no_memory);
    instance->image = &image;
    instance->domain = &domain;
    instance->executor = &executor;
    instance->placement = placement;
    instance->stage = ModuleStage::starting;
    instance->id = ++registry().next_id;
    const auto build = [&]() -> Result<Nothing> {
        if (!image.loads().empty()) {
            instance->segment = CW_TRY(segment_reserve(domain, image.span_bytes(), image_segments));
            instance->base = instance->segment->base;
            CW_CHECK_OK(fill_image(*instance));
        }
        CW_CHECK_OK(make_pools(*instance));
        CW_CHECK_OK(make_methods(*instance));
        CW_CHECK_OK(grant_devices(*instance));
        CW_CHECK_OK(variables_attach(*instance));
        for (const loader::Load& load : image.loads())
            CW_CHECK_OK(segment_map(*instance->segment,
                                    domain,
                                    load.address,
                                    load.memory_bytes,
                                    page_rights(load.rights)));
        return Nothing{};
    };
    if (const auto built = build(); !built) {
        destroy_instance(*instance);
        return refuse(built.error());
    }
    ModuleInstance** link = &registry().modules;
    while (*link != nullptr)
        link = &(*link)->next;
    *link = instance;
    ++domain.module_count;
    debug_modules_changed();
    trace_module(*instance, trace::ModuleNews::built);
    return instance;
}

void destroy_instance(ModuleInstance& instance) noexcept {
    trace_module(instance, trace::ModuleNews::gone);
    trace_forget(instance);
    for (ModuleInstance** link = &registry().modules; *link != nullptr; link = &(*link)->next) {
        if (*link == &instance) {
            *link = instance.next;
            --instance.domain->module_count;
            debug_modules_changed();
            break;
        }
    }
    variables_detach(instance);
    heaps_detach(instance);
    cells_detach(instance);
    abandon_sides(instance);
    forget_clients(instance);
    lab_forget(instance);
    module_ended(instance);
    release_devices(instance);
    drop_links(instance);
    if (instance.remote_text != nullptr && !instance.domain->ended) // else it goes with the domain
        segment_release(*instance.remote_text); // once no client's slot leads there
    Segment* const segments[] = {instance.segment, instance.pool, instance.heap, instance.methods};
    segments_withdraw(segments);
    segments_withdraw(instance.devices);
    if (instance.areas != nullptr)
        area_list_drop(*instance.areas);
    resume_waiter(instance, instance.mourner);
    instances.release(&instance);
}

} // namespace cw::kernel
