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

/// Where an address of the image is.
struct Place {
    Segment& segment;
    std::uint64_t offset;
};
Place place_of(const ModuleInstance& instance, std::uint64_t address) noexcept {
    const std::uint64_t before =
        instance.data != nullptr ? instance.data->base - instance.base : ~std::uint64_t{0};
    return address < before ? Place{*instance.segment, address}
                            : Place{*instance.data, address - before};
}

/// Addresses for the image. What is writable is a segment of its own, so that others may be shown
/// the rest, and nothing with it (lent_types.cpp).
Status reserve_image(ModuleInstance& instance) noexcept {
    const loader::Image& image = *instance.image;
    const auto made = segment_reserve(*instance.domain, image.span_bytes(), image_segments);
    if (!made)
        return made.error();
    instance.segment = *made;
    instance.base = instance.segment->base;
    const std::uint64_t constant = image.constant_bytes();
    if (constant == 0 || constant == image.span_bytes())
        return Status::ok;
    const auto rest = segment_split(*instance.segment, constant);
    if (!rest)
        return rest.error();
    instance.data = *rest;
    return Status::ok;
}

/// Puts the image's pages in place and relocates them.
Status fill_image(ModuleInstance& instance) noexcept {
    const loader::Image& image = *instance.image;
    for (const loader::Load& load : image.loads()) {
        const auto [segment, offset] = place_of(instance, load.address);
        const std::byte* const contents = image.file().data() + load.file_offset;
        if (const Status status =
                load.private_copy ? segment_populate(segment, offset, load.memory_bytes)
                                  : segment_borrow(segment, offset, contents, load.memory_bytes);
            status != Status::ok)
            return status;
        if (load.private_copy)
            segment_write(segment, offset, contents, load.file_bytes);
    }
    for (std::size_t i = 0; i < image.relocation_count(); ++i) {
        const loader::Relocation relocation = image.relocation(i);
        const std::uint64_t value = instance.base + relocation.addend;
        image_write(instance, relocation.address, &value, sizeof(value));
    }
    return Status::ok;
}

Status show_image(const ModuleInstance& instance) noexcept {
    for (const loader::Load& load : instance.image->loads()) {
        const auto [segment, offset] = place_of(instance, load.address);
        if (const Status status = segment_map(
                segment, *instance.domain, offset, load.memory_bytes, page_rights(load.rights));
            status != Status::ok)
            return status;
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

void* image_view(const ModuleInstance& instance, std::uint64_t address) noexcept {
    if (instance.segment == nullptr)
        return reinterpret_cast<void*>(address);
    const auto [segment, offset] = place_of(instance, address);
    return segment_view(segment, offset);
}

void image_write(const ModuleInstance& instance,
                 std::uint64_t address,
                 const void* data,
                 std::uint64_t bytes) noexcept {
    if (instance.segment == nullptr) {
        std::memcpy(reinterpret_cast<void*>(address), data, bytes);
        return;
    }
    const auto [segment, offset] = place_of(instance, address);
    segment_write(segment, offset, data, bytes);
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
            CW_CHECK_OK(reserve_image(*instance));
            CW_CHECK_OK(fill_image(*instance));
        }
        CW_CHECK_OK(make_pools(*instance));
        CW_CHECK_OK(make_methods(*instance));
        CW_CHECK_OK(grant_devices(*instance));
        CW_CHECK_OK(variables_attach(*instance));
        CW_CHECK_OK(show_image(*instance));
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
    types_detach(instance);
    Segment* const segments[] = {
        instance.segment, instance.data, instance.pool, instance.heap, instance.methods};
    segments_withdraw(segments);
    segments_withdraw(instance.devices);
    if (instance.areas != nullptr)
        area_list_drop(*instance.areas);
    resume_waiter(instance, instance.mourner);
    instances.release(&instance);
}

} // namespace cw::kernel
