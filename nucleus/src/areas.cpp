// The buffer areas of clients, and who sees them.
#include "modules.hpp"

namespace cw::kernel {

namespace {

Pool<AreaList> area_lists{"areas.lists"};
AllocationSite area_tables{"areas.tables"};

AreaList*& areas_of(ModuleInstance& client) noexcept {
    return client.domain->is_kernel() ? client.areas : client.domain->areas;
}

/// The list at this place, with the table in which providers look a client's buffers up.
Result<AreaList*> made_list(AreaList*& list) noexcept {
    if (list != nullptr)
        return list;
    AreaList* fresh = area_lists.allocate();
    if (fresh == nullptr)
        return refuse(Status::no_memory);
    fresh->users = 1;
    const auto build = [&]() -> Result<Nothing> {
        fresh->table = CW_TRY(segment_create(
            kernel_domain(), sizeof(abi::BufferAreas), Backing::contiguous, area_tables));
        CW_CHECK_OK(segment_map(*fresh->table, kernel_domain(), kRightRead | kRightWrite));
        return Nothing{};
    };
    if (const auto built = build(); !built) {
        area_list_drop(*fresh);
        return refuse(built.error());
    }
    list = fresh;
    return fresh;
}

} // namespace

Result<AreaList*> area_list(ModuleInstance& client) noexcept {
    return made_list(areas_of(client));
}

namespace {

/// This domain no longer sees the client's areas, unless a channel beside `channel` says so.
void hide_from(Domain& provider, const Channel& channel) noexcept {
    for (const Channel* other = registry().channels; other != nullptr; other = other->next) {
        const Domain* sees = other->closed ? other->provider_domain : other->provider->domain;
        if (other != &channel && other->areas == channel.areas && other->buffer_rights != 0 &&
            sees == &provider)
            return;
    }
    for (std::uint32_t i = 0; i < channel.areas->count; ++i)
        segment_unmap(*channel.areas->areas[i], provider);
}

} // namespace

Status open_areas(Channel& channel, const abi::ProvideRecord& provide) noexcept {
    if (provide.shape.buffers == 0)
        return Status::ok;
    const std::uint64_t rights =
        channel.buffer_rights |
        ((provide.flags & abi::kMethodWritesBuffer) != 0 ? kRightRead | kRightWrite
                                                         : std::uint64_t{kRightRead});
    if (rights == channel.buffer_rights)
        return Status::ok;
    Domain& provider = *channel.provider->domain;
    const AreaList& list = *channel.areas;
    // It sees its own areas; and the kernel sees all of them.
    const bool sees = &provider == channel.client->domain || provider.is_kernel();
    for (std::uint32_t i = 0; i < list.count && !sees; ++i) {
        if (const Status status = segment_map(*list.areas[i], provider, rights);
            status != Status::ok) {
            if (channel.buffer_rights == 0)
                hide_from(provider, channel);
            // As before; what is mapped already takes no memory.
            for (std::uint32_t k = 0; k < i && channel.buffer_rights != 0; ++k)
                static_cast<void>(segment_map(*list.areas[k], provider, channel.buffer_rights));
            return status;
        }
    }
    channel.buffer_rights = rights;
    return Status::ok;
}

void area_list_drop(AreaList& list) noexcept {
    if (--list.users != 0)
        return;
    segments_withdraw({list.areas, list.count});
    if (list.table != nullptr)
        segment_withdraw(*list.table);
    area_lists.release(&list);
}

Result<Nothing> publish_area(Domain& domain, ModuleInstance* module, Segment& area) noexcept {
    AreaList* list = CW_TRY(made_list(module != nullptr ? module->areas : domain.areas));
    if (list->count == abi::kMaxAreas)
        return refuse(Status::no_resource);
    if (!domain.is_kernel())
        CW_CHECK_OK(segment_map(area, kernel_domain(), kRightRead | kRightWrite));
    for (Channel* channel = registry().channels; channel != nullptr; channel = channel->next) {
        if (channel->areas != list || channel->closed || channel->buffer_rights == 0 ||
            channel->provider->domain->is_kernel() || channel->provider->domain == &domain)
            continue;
        CW_CHECK_OK(segment_map(area, *channel->provider->domain, channel->buffer_rights));
    }
    auto* table = segment_view_as<abi::BufferAreas>(*list->table);
    table->areas[list->count] = {area.base, area.bytes, 1};
    list->areas[list->count] = &area;
    __atomic_store_n(&list->count, list->count + 1, __ATOMIC_RELEASE); // check_buffers()
    __atomic_store_n(&table->count, list->count, __ATOMIC_RELEASE);    // buffers_allowed()
    return Nothing{};
}

void hide_areas(const Channel& gone) noexcept {
    if (gone.areas != nullptr && gone.buffer_rights != 0 && gone.provider_domain != nullptr &&
        !gone.provider_domain->is_kernel() && gone.provider_domain != gone.client_domain)
        hide_from(*gone.provider_domain, gone);
}

} // namespace cw::kernel
