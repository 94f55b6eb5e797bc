// Linking: an edge per (client module, method), a channel per (client module, provider module).
#include "modules.hpp"
#include <cw/core/ring_stub.hpp>
#include <cw/kernel/log.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/thunks.hpp>
#include <cw/kernel/vdso.hpp>
#include <new>

namespace cw::kernel {

namespace {

Pool<Channel> channel_pool;

Pool<AreaList> area_lists;

AreaList*& areas_of(ModuleInstance& client) noexcept {
    return client.domain->is_kernel() ? client.areas : client.domain->areas;
}

/// The list of a client, with the table in which providers look its buffers up; made when first
/// needed.
Result<AreaList*> area_list(AreaList*& list) noexcept {
    if (list != nullptr)
        return list;
    AreaList* fresh = area_lists.allocate();
    if (fresh == nullptr)
        return refuse(Status::no_memory);
    fresh->users = 1;
    const auto build = [&]() -> Result<Nothing> {
        fresh->table = CW_TRY(segment_create(
            kernel_domain(), sizeof(abi::BufferAreas), Backing::contiguous, "areas"));
        CW_CHECK_OK(segment_map(*fresh->table, kernel_domain(), kPteRead | kPteWrite));
        return Nothing{};
    };
    if (const auto built = build(); !built) {
        area_list_drop(*fresh);
        return refuse(built.error());
    }
    list = fresh;
    return fresh;
}

void initialise_page(const Segment& segment) noexcept {
    auto* page = segment_view_as<IndexPage>(segment);
    page->producer.tail.store(abi::kFirstIndex, Order::relaxed);
    page->producer.space_event.store(abi::kFirstIndex, Order::relaxed);
    page->consumer.head.store(abi::kFirstIndex, Order::relaxed);
    page->consumer.data_event.store(abi::kFirstIndex, Order::relaxed);
}

/// Requires: a bit is clear.
std::uint32_t take_bit(std::uint64_t& used) noexcept {
    const auto index = static_cast<std::uint32_t>(__builtin_ctzll(~used));
    used |= std::uint64_t{1} << index;
    return index;
}

/// Gives back what a channel has; nobody uses any of it any more.
void free_channel(Channel& channel) noexcept {
    Segment* const segments[] = {channel.client_segment, channel.provider_segment, channel.queued};
    segments_withdraw(segments);
    if (channel.areas != nullptr)
        area_list_drop(*channel.areas);
    channel_pool.release(&channel);
}

/// Memory and indices of a channel. What is there when it fails is in `channel`, to be freed.
Result<Nothing> fill_channel(Channel& channel) noexcept {
    ModuleInstance& client = *channel.client;
    ModuleInstance& provider = *channel.provider;
    channel.client_segment = CW_TRY(
        segment_create(*client.domain, abi::kClientSegmentBytes, Backing::contiguous, "ring"));
    channel.provider_segment = CW_TRY(
        segment_create(*provider.domain, abi::kProviderSegmentBytes, Backing::contiguous, "ring"));
    initialise_page(*channel.client_segment);
    initialise_page(*channel.provider_segment);
    CW_CHECK_OK(segment_map(*channel.client_segment, *client.domain, kPteRead | kPteWrite));
    CW_CHECK_OK(segment_map(*channel.provider_segment, *provider.domain, kPteRead | kPteWrite));
    if (client.domain != provider.domain) {
        CW_CHECK_OK(segment_map(*channel.client_segment, *provider.domain, kPteRead));
        CW_CHECK_OK(segment_map(*channel.provider_segment, *client.domain, kPteRead));
    }
    channel.pool = CW_TRY(
        segment_create(*client.domain, kPoolPendings * sizeof(Pending), Backing::pages, "pool"));
    CW_CHECK_OK(segment_map(*channel.pool, *client.domain, kPteRead | kPteWrite));
    channel.areas = CW_TRY(area_list(areas_of(client)));
    ++channel.areas->users;
    CW_CHECK_OK(
        segment_map(*channel.areas->table,
                    *provider.domain,
                    provider.domain->is_kernel() ? kPteRead | kPteWrite : std::uint64_t{kPteRead}));
    if (provider.domain->is_kernel()) {
        channel.queued = CW_TRY(segment_create(kernel_domain(),
                                               abi::kChannelCredits * sizeof(QueuedCall),
                                               Backing::contiguous,
                                               "queued"));
        CW_CHECK_OK(segment_map(*channel.queued, kernel_domain(), kPteRead | kPteWrite));
    }
    return Nothing{};
}

Result<Channel*> make_channel(ModuleInstance& client, ModuleInstance& provider) noexcept {
    ExecutorRecord& from = *client.executor;
    ExecutorRecord& to = *provider.executor;
    // First what may fail, then what the executors see.
    if (~from.client_ends == 0 || ~to.server_ends == 0 || !executor_listens(from, 1) ||
        !executor_listens(to, 1))
        return refuse(Status::no_resource);
    const std::uint32_t to_provider = CW_TRY(executor_doorbell(from, *to.thread));
    const std::uint32_t to_client = CW_TRY(executor_doorbell(to, *from.thread));
    Channel* channel = channel_pool.allocate();
    if (channel == nullptr)
        return refuse(Status::no_memory);
    channel->client = &client;
    channel->provider = &provider;
    if (const auto filled = fill_channel(*channel); !filled) {
        if (channel->pool != nullptr)
            segment_withdraw(*channel->pool);
        free_channel(*channel);
        return refuse(filled.error());
    }
    channel->client_index = take_bit(from.client_ends);
    channel->server_index = take_bit(to.server_ends);
    ServerEnd& server = to.view->servers[channel->server_index];
    new (&server) ServerEnd{};
    const std::uint64_t client_state = client.base + client.image->module().state;
    const std::uint64_t provider_state = provider.base + provider.image->module().state;
    if (channel->queued != nullptr) {
        server.queued = reinterpret_cast<QueuedCall*>(channel->queued->base);
        server.module = reinterpret_cast<ModuleState*>(provider_state);
    }
    executor_tell(to,
                  {.kind = abi::ControlKind::add_server,
                   .index = channel->server_index,
                   .a = provider_state,
                   .b = channel->client_segment->base,
                   .c = channel->provider_segment->base,
                   .d = to_client,
                   .e = provider.methods->base,
                   .f = channel->areas->table->base,
                   .reserved = 0});
    executor_tell(from,
                  {.kind = abi::ControlKind::add_client,
                   .index = channel->client_index,
                   .a = client_state,
                   .b = channel->client_segment->base,
                   .c = channel->provider_segment->base,
                   .d = to_provider,
                   .e = channel->pool->base,
                   .f = 0,
                   .reserved = 0});
    from.channels_by_client[channel->client_index] = channel;
    to.channels_by_server[channel->server_index] = channel;
    channel->next = registry().channels;
    registry().channels = channel;
    return channel;
}

Result<Channel*> channel_between(ModuleInstance& client, ModuleInstance& provider) noexcept {
    for (Channel* channel = registry().channels; channel != nullptr; channel = channel->next) {
        if (channel->client == &client && channel->provider == &provider && !channel->closed)
            return channel;
    }
    return make_channel(client, provider);
}

/// Buffers of this method travel on the channel: the provider must see the client's areas.
Status open_areas(Channel& channel, const abi::ProvideRecord& provide) noexcept {
    if (provide.shape.buffers == 0)
        return Status::ok;
    const std::uint64_t rights = (provide.flags & abi::kMethodWritesBuffer) != 0
                                     ? kPteRead | kPteWrite
                                     : std::uint64_t{kPteRead};
    if ((channel.buffer_rights | rights) == channel.buffer_rights)
        return Status::ok;
    channel.buffer_rights |= rights;
    const AreaList& list = *channel.areas;
    for (std::uint32_t i = 0; i < list.count; ++i) {
        if (channel.provider->domain == channel.client->domain ||
            channel.provider->domain->is_kernel())
            continue; // sees its own areas; and the kernel sees all of them
        if (const Status status =
                segment_map(*list.areas[i], *channel.provider->domain, channel.buffer_rights);
            status != Status::ok)
            return status;
    }
    return Status::ok;
}

void write_slot(ModuleInstance& client,
                const abi::RequireRecord& require,
                std::uint64_t function,
                std::uint64_t edge) noexcept {
    const std::uint64_t words[2] = {function, edge};
    segment_write(*client.segment, require.slot, words, sizeof(words));
}

} // namespace

Status link_edge(ModuleInstance& client,
                 std::size_t require_index,
                 ModuleInstance& provider,
                 std::size_t provide_index,
                 loader::Path path) noexcept {
    const abi::RequireRecord& require = client.image->requires_()[require_index];
    const abi::ProvideRecord& provide = provider.image->provides()[provide_index];
    ExecutorRecord& executor = *client.executor;
    Link& link = client.links[require_index];
    if (link.edge == 0) {
        if (executor.edge_count == kMaxEdges)
            return Status::no_resource;
        link.edge = ++executor.edge_count;
    }
    const std::uint32_t index = link.edge - 1;
    Edge edge{};
    edge.client = reinterpret_cast<ModuleState*>(client.base + client.image->module().state);
    edge.opcode = static_cast<std::uint16_t>(provide_index);
    edge.submission = abi::message_head(0, edge.opcode);
    edge.argument_words = provide.shape.argument_words;
    edge.reply_words = provide.shape.reply_words;
    const bool large = provide.shape.reply_words > 1;
    std::uint64_t function = provider.base + provide.direct;
    std::uint32_t end = 0;
    if (path != loader::Path::direct) {
        const auto channel = channel_between(client, provider);
        if (!channel)
            return channel.error();
        if (const Status status = open_areas(**channel, provide); status != Status::ok)
            return status;
        edge.end = &executor.executor->clients[(*channel)->client_index];
        end = (*channel)->client_index + 1;
        if (path == loader::Path::syscall) {
            if (link.grant == 0) {
                if (executor.call_count == kMaxCallGrants)
                    return Status::no_resource;
                link.grant = ++executor.call_count;
            }
            edge.call_grant = link.grant - 1;
            ServerEnd& server = provider.executor->executor->servers[(*channel)->server_index];
            make_call_grant(executor.calls[edge.call_grant],
                            provide,
                            function,
                            server,
                            provider,
                            executor.server_edges[edge.call_grant]);
            __atomic_store_n(&executor.thread->call_limit, executor.call_count, __ATOMIC_RELEASE);
            function = vdso().call_stubs[large ? 1 : 0][edge.argument_words];
        } else if (client.domain->is_kernel()) {
            function = reinterpret_cast<std::uint64_t>(ring_stub(edge.argument_words, large));
        } else {
            function = vdso().ring_stubs[large ? 1 : 0][edge.argument_words];
        }
    }
    executor.edges_view[index] = edge;
    link.provider = &provider;
    link.path = path;
    link.end = end;
    write_slot(client, require, function, executor.edges_base + index * sizeof(Edge));
    return Status::ok;
}

void unlink_edge(ModuleInstance& client, std::size_t require_index, bool provider_ended) noexcept {
    Link& link = client.links[require_index];
    link.provider = nullptr;
    link.path = loader::Path::none;
    link.end = 0;
    const std::uint64_t function =
        client.domain->is_kernel() ? reinterpret_cast<std::uint64_t>(unlinked_stub(provider_ended))
                                   : vdso().unlinked[provider_ended ? 1 : 0];
    write_slot(client, client.image->requires_()[require_index], function, 0);
}

namespace {

/// As the planner decides for edges to a loaded provider.
loader::Path path_between(const ModuleInstance& client,
                          const ModuleInstance& provider,
                          const abi::ProvideRecord& provide) noexcept {
    const bool queued_only = (provide.flags & abi::kMethodQueuedOnly) != 0;
    const bool on_caller = provider.nucleus || provider.placement == abi::Placement::sync_caller;
    if (client.domain == provider.domain && !client.domain->is_kernel())
        return loader::Path::direct;
    if (queued_only || !provider.domain->is_kernel() || !on_caller)
        return loader::Path::ring;
    return client.domain->is_kernel() ? loader::Path::direct : loader::Path::syscall;
}

} // namespace

namespace {
void ask_for_rest(ModuleInstance& client) noexcept {
    executor_tell(*client.executor,
                  {.kind = abi::ControlKind::relink,
                   .index = 0,
                   .a = client.base + client.image->module().state,
                   .b = 0,
                   .c = 0,
                   .d = 0,
                   .e = client.id,
                   .f = 0,
                   .reserved = 0});
}

/// True if the slot of this requirement leads to nobody who is alive.
bool leads_nowhere(const Link& link) noexcept {
    return link.provider == nullptr || link.provider->stage == ModuleStage::failed;
}
} // namespace

void link_waiting_clients(ModuleInstance& provider) noexcept {
    for (ModuleInstance* client = registry().modules; client != nullptr; client = client->next) {
        if (client == &provider || client->stage != ModuleStage::running)
            continue;
        bool any = false;
        for (std::size_t i = 0; i < client->image->requires_().size(); ++i) {
            const abi::RequireRecord& require = client->image->requires_()[i];
            Link& link = client->links[i];
            if (!leads_nowhere(link))
                continue;
            for (std::size_t k = 0; k < provider.image->provides().size(); ++k) {
                const abi::ProvideRecord& provide = provider.image->provides()[k];
                if (provide.hash != require.hash ||
                    provide.version_major != require.min_version_major ||
                    provide.version_minor < require.min_version_minor)
                    continue;
                link.wanted = &provider;
                link.wanted_method = static_cast<std::uint32_t>(k);
                link.wanted_path = (provider.ring_only >> k & 1) != 0
                                       ? loader::Path::ring
                                       : path_between(*client, provider, provide);
                any = true;
            }
        }
        if (any)
            ask_for_rest(*client);
    }
}

bool links_gone(const ModuleInstance& provider) noexcept {
    for (const ModuleInstance* client = registry().modules; client != nullptr;
         client = client->next) {
        if (client == &provider || client->stage == ModuleStage::failed)
            continue;
        for (std::size_t i = 0; i < client->image->requires_().size(); ++i) {
            if (client->links[i].provider == &provider)
                return false;
        }
    }
    return true;
}

void unlink_clients(ModuleInstance& provider) noexcept {
    for (ModuleInstance* client = registry().modules; client != nullptr; client = client->next) {
        if (client == &provider || client->stage != ModuleStage::running)
            continue;
        for (std::size_t i = 0; i < client->image->requires_().size(); ++i) {
            if (client->links[i].provider == &provider) {
                ask_for_rest(*client);
                break;
            }
        }
    }
}

void relink_now(ModuleInstance& client) noexcept {
    for (std::size_t i = 0; i < client.image->requires_().size(); ++i) {
        ModuleInstance* provider = client.links[i].provider;
        if (provider != nullptr && provider->removing) {
            unlink_edge(client, i, false);
            removal_step(*provider);
        }
    }
    for (std::size_t i = 0; i < client.image->requires_().size(); ++i) {
        Link& link = client.links[i];
        ModuleInstance* wanted = link.wanted;
        link.wanted = nullptr;
        if (wanted != nullptr && leads_nowhere(link) && wanted->stage != ModuleStage::failed &&
            !wanted->removing)
            if (const Status status =
                    link_edge(client, i, *wanted, link.wanted_method, link.wanted_path);
                status != Status::ok)
                log::line("{}: {} cannot be linked to {}: {}",
                          client.image->name(),
                          client.image->text(client.image->requires_()[i].name),
                          wanted->image->name(),
                          name_of(status));
    }
}

void revoke_call_grants(ModuleInstance& callee) noexcept {
    for (ExecutorRecord* record = all_executors(); record != nullptr; record = record->next) {
        for (std::uint32_t i = 0; i < record->call_count; ++i) {
            if (record->calls[i].callee == &callee) {
                record->calls[i].slot.function = revoked_function();
                record->calls[i].callee = nullptr;
            }
        }
    }
}

bool channels_gone(const ModuleInstance& instance) noexcept {
    for (const Channel* channel = registry().channels; channel != nullptr;
         channel = channel->next) {
        if (channel->client == &instance || channel->provider == &instance)
            return false;
    }
    return true;
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
    AreaList* list = CW_TRY(area_list(module != nullptr ? module->areas : domain.areas));
    if (list->count == abi::kMaxAreas)
        return refuse(Status::no_resource);
    if (!domain.is_kernel())
        CW_CHECK_OK(segment_map(area, kernel_domain(), kPteRead | kPteWrite));
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

namespace {

/// The provider's domain no longer needs to see the client's areas, unless another channel of the
/// two says so.
void hide_areas(const Channel& gone) noexcept {
    if (gone.areas == nullptr || gone.buffer_rights == 0 || gone.provider_domain == nullptr ||
        gone.provider_domain->is_kernel() || gone.provider_domain == gone.client_domain)
        return;
    for (const Channel* other = registry().channels; other != nullptr; other = other->next) {
        const Domain* provider = other->closed ? other->provider_domain : other->provider->domain;
        if (other->areas == gone.areas && other->buffer_rights != 0 &&
            provider == gone.provider_domain)
            return;
    }
    for (std::uint32_t i = 0; i < gone.areas->count; ++i)
        segment_unmap(*gone.areas->areas[i], *gone.provider_domain);
}

/// Frees a closed channel that neither side touches any more.
void release_if_done(Channel& channel) noexcept {
    if (!channel.client_done || !channel.provider_done)
        return;
    Channel** link = &registry().channels;
    while (*link != &channel)
        link = &(*link)->next;
    *link = channel.next;
    ModuleInstance* sides[2] = {channel.client, channel.provider};
    hide_areas(channel);
    free_channel(channel);
    for (ModuleInstance* side : sides) {
        if (side != nullptr)
            removal_step(*side);
    }
}

void tell_closed(ExecutorRecord& executor, std::uint32_t index, bool client) noexcept {
    executor_tell(executor,
                  {.kind = abi::ControlKind::close_end,
                   .index = index,
                   .a = client ? 1u : 0u,
                   .b = 0,
                   .c = 0,
                   .d = 0,
                   .e = 0,
                   .f = 0,
                   .reserved = 0});
}

/// Nobody calls through this channel any more. A provider in the kernel is told only now: before, a
/// synchronous call might still have come from the client's thread.
void client_side_done(Channel& channel) noexcept {
    if (channel.client_done)
        return;
    channel.client_done = true;
    if (!channel.provider_done && channel.provider_domain->is_kernel())
        tell_closed(*channel.provider->executor, channel.server_index, false);
    release_if_done(channel);
}

} // namespace

void close_channel(Channel& channel) noexcept {
    if (channel.closed) { // a side may have ended since
        if (channel.provider_domain != nullptr && channel.provider_domain->ended) {
            channel.provider_done = true;
            release_if_done(channel);
        }
        return;
    }
    channel.closed = true;
    channel.client_domain = channel.client->domain;
    channel.provider_domain = channel.provider->domain;
    channel.provider_done = channel.provider_domain->ended;
    // The client's side of a domain that has ended is done when its thread has gone.
    if (!channel.client_domain->ended)
        tell_closed(*channel.client->executor, channel.client_index, true);
    if (!channel.provider_done && !channel.provider_domain->is_kernel())
        tell_closed(*channel.provider->executor, channel.server_index, false);
}

void close_channels(ModuleInstance& instance) noexcept {
    for (Channel *channel = registry().channels, *next = nullptr; channel != nullptr;
         channel = next) {
        next = channel->next;
        if (channel->client == &instance || channel->provider == &instance)
            close_channel(*channel);
    }
}

void abandon_sides(ModuleInstance& instance) noexcept {
    for (Channel *channel = registry().channels, *next = nullptr; channel != nullptr;
         channel = next) {
        next = channel->next;
        const bool client = channel->client == &instance;
        if (!client && channel->provider != &instance)
            continue;
        if (!channel->closed)
            close_channel(*channel);
        if (client && channel->pool != nullptr) {
            segment_withdraw(*channel->pool);
            channel->pool = nullptr;
        }
        if (!client)
            channel->provider_done = true;
        if (client && !channel->client_done)
            client_side_done(*channel);
        else
            release_if_done(*channel);
    }
    for (Channel* channel = registry().channels; channel != nullptr; channel = channel->next) {
        if (channel->client == &instance)
            channel->client = nullptr;
        if (channel->provider == &instance)
            channel->provider = nullptr;
    }
    for (ModuleInstance* other = registry().modules; other != nullptr; other = other->next) {
        for (Link& link : other->links) {
            if (link.provider == &instance)
                link.provider = nullptr; // the slot is changed when its channel's end is closed
            if (link.wanted == &instance)
                link.wanted = nullptr;
        }
    }
}

void forget_domain(const Domain& domain) noexcept {
    for (Channel* channel = registry().channels; channel != nullptr; channel = channel->next) {
        if (channel->client_domain == &domain)
            channel->client_domain = nullptr;
        if (channel->provider_domain == &domain)
            channel->provider_domain = nullptr;
    }
}

namespace {
/// The end of a closed channel and its pool are free for others.
void release_pool(ExecutorRecord& record, std::uint32_t index) noexcept {
    if (record.pools[index] == nullptr)
        return;
    segment_withdraw(*record.pools[index]);
    record.pools[index] = nullptr;
    record.client_ends &= ~(std::uint64_t{1} << index);
}
} // namespace

void channel_side_done(ExecutorRecord& record,
                       std::uint32_t index,
                       bool client,
                       bool pool_unused) noexcept {
    if (index >= abi::kMaxEnds)
        return;
    Channel* channel = client ? record.channels_by_client[index] : record.channels_by_server[index];
    if (client && channel == nullptr && pool_unused)
        release_pool(record, index);
    if (channel == nullptr || !channel->closed)
        return;
    if (client) {
        ModuleInstance& user = *channel->client;
        for (std::size_t i = 0; i < user.image->requires_().size(); ++i) {
            if (user.links[i].end == index + 1)
                unlink_edge(user, i, true);
        }
        record.pools[index] = channel->pool; // futures may hold entries
        channel->pool = nullptr;
        record.channels_by_client[index] = nullptr;
        if (pool_unused)
            release_pool(record, index);
        client_side_done(*channel);
    } else {
        if (record.domain->is_kernel() && !channel->client_done)
            return; // it is told, and asked, when the client is done
        record.channels_by_server[index] = nullptr;
        record.server_ends &= ~(std::uint64_t{1} << index);
        channel->provider_done = true;
        release_if_done(*channel);
    }
}

} // namespace cw::kernel
