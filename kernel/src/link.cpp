// Linking: an edge per (client module, method), a channel per (client module, provider module).
#include "modules.hpp"
#include <cw/core/ring_stub.hpp>
#include <cw/core/ring_submit.hpp>
#include <cw/kernel/log.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/thunks.hpp>
#include <cw/kernel/vdso.hpp>
#include <new>
#include <utility>

namespace cw::kernel {

namespace {

Pool<Channel> channel_pool;

AreaList& areas_of(ModuleInstance& client) noexcept {
    return client.domain->is_kernel() ? client.areas : client.domain->areas;
}

/// The table in which providers look a client's buffers up; made when first needed.
Result<Segment*> area_table(ModuleInstance& client) noexcept {
    AreaList& list = areas_of(client);
    if (list.table == nullptr) {
        list.table = CW_TRY(segment_create(
            kernel_domain(), sizeof(abi::BufferAreas), Backing::contiguous, "areas"));
        CW_CHECK_OK(segment_map(*list.table, kernel_domain(), kPteRead | kPteWrite));
    }
    return list.table;
}

void initialise_page(const Segment& segment) noexcept {
    auto* page = segment_view_as<IndexPage>(segment);
    page->producer.tail.store(abi::kFirstIndex, Order::relaxed);
    page->producer.space_event.store(abi::kFirstIndex, Order::relaxed);
    page->consumer.head.store(abi::kFirstIndex, Order::relaxed);
    page->consumer.data_event.store(abi::kFirstIndex, Order::relaxed);
}

Result<std::uint32_t> take_bit(std::uint64_t& used) noexcept {
    if (~used == 0)
        return refuse(Status::no_resource);
    const auto index = static_cast<std::uint32_t>(__builtin_ctzll(~used));
    used |= std::uint64_t{1} << index;
    return index;
}

Result<Channel*> make_channel(ModuleInstance& client, ModuleInstance& provider) noexcept {
    Channel* channel = channel_pool.allocate();
    if (channel == nullptr)
        return refuse(Status::no_memory);
    ExecutorRecord& from = *client.executor;
    ExecutorRecord& to = *provider.executor;
    channel->client = &client;
    channel->provider = &provider;
    channel->client_segment = CW_TRY(
        segment_create(*client.domain, abi::kClientSegmentBytes, Backing::contiguous, "ring"));
    channel->provider_segment = CW_TRY(
        segment_create(*provider.domain, abi::kProviderSegmentBytes, Backing::contiguous, "ring"));
    initialise_page(*channel->client_segment);
    initialise_page(*channel->provider_segment);
    CW_CHECK_OK(segment_map(*channel->client_segment, *client.domain, kPteRead | kPteWrite));
    CW_CHECK_OK(segment_map(*channel->provider_segment, *provider.domain, kPteRead | kPteWrite));
    if (client.domain != provider.domain) {
        CW_CHECK_OK(segment_map(*channel->client_segment, *provider.domain, kPteRead));
        CW_CHECK_OK(segment_map(*channel->provider_segment, *client.domain, kPteRead));
    }
    channel->pool = CW_TRY(
        segment_create(*client.domain, kPoolPendings * sizeof(Pending), Backing::pages, "pool"));
    CW_CHECK_OK(segment_map(*channel->pool, *client.domain, kPteRead | kPteWrite));
    Segment* table = CW_TRY(area_table(client));
    CW_CHECK_OK(
        segment_map(*table,
                    *provider.domain,
                    provider.domain->is_kernel() ? kPteRead | kPteWrite : std::uint64_t{kPteRead}));
    channel->client_index = CW_TRY(take_bit(from.client_ends));
    channel->server_index = CW_TRY(take_bit(to.server_ends));
    channel->client_doorbell =
        CW_TRY(executor_doorbell(from, *to.thread, abi::server_ring_tag(channel->server_index)));
    channel->provider_doorbell =
        CW_TRY(executor_doorbell(to, *from.thread, abi::client_ring_tag(channel->client_index)));
    ServerEnd& server = to.view->servers[channel->server_index];
    new (&server) ServerEnd{};
    if (provider.domain->is_kernel()) {
        Segment* queued = CW_TRY(segment_create(kernel_domain(),
                                                abi::kChannelCredits * sizeof(QueuedCall),
                                                Backing::contiguous,
                                                "queued"));
        CW_CHECK_OK(segment_map(*queued, kernel_domain(), kPteRead | kPteWrite));
        server.queued = reinterpret_cast<QueuedCall*>(queued->base);
        server.module =
            reinterpret_cast<ModuleState*>(provider.base + provider.image->module().state);
        channel->queued = queued;
    }
    const std::uint64_t client_state = client.base + client.image->module().state;
    const std::uint64_t provider_state = provider.base + provider.image->module().state;
    CW_CHECK_OK(executor_tell(to,
                              {.kind = abi::ControlKind::add_server,
                               .index = channel->server_index,
                               .a = provider_state,
                               .b = channel->client_segment->base,
                               .c = channel->provider_segment->base,
                               .d = channel->provider_doorbell,
                               .e = provider.methods->base,
                               .f = table->base,
                               .reserved = 0}));
    CW_CHECK_OK(executor_tell(from,
                              {.kind = abi::ControlKind::add_client,
                               .index = channel->client_index,
                               .a = client_state,
                               .b = channel->client_segment->base,
                               .c = channel->provider_segment->base,
                               .d = channel->client_doorbell,
                               .e = channel->pool->base,
                               .f = 0,
                               .reserved = 0}));
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
    AreaList& list = areas_of(*channel.client);
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

/// The address of the provider's own stub in the client's domain. All clients see the same pages,
/// those of the module file. Errors: no_memory, no_resource; unsupported (none that fits: the
/// planner refuses that with words).
Result<std::uint64_t>
remote_stub(ModuleInstance& provider, const abi::ProvideRecord& provide, Domain& client) noexcept {
    for (const loader::Load& load : provider.image->loads()) {
        if (!load.remote_text || provide.remote_stub == 0 ||
            provide.remote_layout != kSubmitLayout ||
            (client.is_kernel() && !provider.domain->is_kernel()))
            continue;
        if (provider.remote_text == nullptr) {
            Segment* made =
                CW_TRY(segment_reserve(*provider.domain, load.memory_bytes, "remote text"));
            const auto file =
                reinterpret_cast<std::uint64_t>(provider.image->file().data()) - kDirectMap;
            const Status status =
                segment_borrow(*made, 0, file + load.file_offset, load.memory_bytes);
            if (status != Status::ok) {
                segment_release(*made);
                return refuse(status);
            }
            provider.remote_text = made;
        }
        CW_CHECK_OK(segment_map(*provider.remote_text, client, kPteRead | kPteExecute));
        return provider.remote_text->base + (provide.remote_stub - load.address);
    }
    return refuse(Status::unsupported);
}

bool leads_to(const ModuleInstance& client, const Segment& stubs) noexcept {
    for (const Link& link : client.links) {
        if (link.remote_text == &stubs)
            return true;
    }
    return false;
}

/// This edge no longer leads to its provider's stubs. Requires: no code of the client runs.
void drop_remote_text(ModuleInstance& client, Link& link) noexcept {
    Segment* const stubs = std::exchange(link.remote_text, nullptr);
    if (stubs == nullptr)
        return;
    for (const ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->domain == client.domain && leads_to(*m, *stubs))
            return;
    }
    if (!leads_to(client, *stubs)) // it is no longer among the modules while it is taken apart
        segment_unmap(*stubs, *client.domain);
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
    Segment* stubs = nullptr;
    if (path != loader::Path::direct) {
        const auto channel = channel_between(client, provider);
        if (!channel)
            return channel.error();
        if (const Status status = open_areas(**channel, provide); status != Status::ok)
            return status;
        edge.end = &executor.executor->clients[(*channel)->client_index];
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
        } else if (path == loader::Path::remote) {
            const auto stub = remote_stub(provider, provide, *client.domain);
            if (!stub)
                return stub.error();
            function = *stub;
            stubs = provider.remote_text;
        } else if (client.domain->is_kernel()) {
            function = reinterpret_cast<std::uint64_t>(ring_stub(edge.argument_words, large));
        } else {
            function = vdso().ring_stubs[large ? 1 : 0][edge.argument_words];
        }
    }
    executor.edges_view[index] = edge;
    link.provider = &provider;
    link.path = path;
    write_slot(client, require, function, executor.edges_base + index * sizeof(Edge));
    if (link.remote_text != stubs) {
        drop_remote_text(client, link);
        link.remote_text = stubs;
    }
    return Status::ok;
}

void unlink_edge(ModuleInstance& client, std::size_t require_index, bool provider_ended) noexcept {
    Link& link = client.links[require_index];
    link.provider = nullptr;
    link.path = loader::Path::none;
    drop_remote_text(client, link);
    const std::uint64_t function =
        client.domain->is_kernel() ? reinterpret_cast<std::uint64_t>(unlinked_stub(provider_ended))
                                   : vdso().unlinked[provider_ended ? 1 : 0];
    write_slot(client, client.image->requires_()[require_index], function, 0);
}

void drop_remote_texts(ModuleInstance& client) noexcept {
    for (Link& link : client.links)
        drop_remote_text(client, link);
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
    static_cast<void>(executor_tell(*client.executor,
                                    {.kind = abi::ControlKind::relink,
                                     .index = 0,
                                     .a = client.base + client.image->module().state,
                                     .b = 0,
                                     .c = 0,
                                     .d = 0,
                                     .e = client.id,
                                     .f = 0,
                                     .reserved = 0}));
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
            if (link.provider != nullptr)
                continue;
            for (std::size_t k = 0; k < provider.image->provides().size(); ++k) {
                const abi::ProvideRecord& provide = provider.image->provides()[k];
                if (provide.hash != require.hash ||
                    provide.version_major != require.min_version_major ||
                    provide.version_minor < require.min_version_minor)
                    continue;
                link.wanted = &provider;
                link.wanted_method = static_cast<std::uint32_t>(k);
                link.wanted_path = path_between(*client, provider, provide);
                if ((provider.remote_only >> k & 1) != 0 &&
                    (provider.domain->is_kernel() || !client->domain->is_kernel()))
                    link.wanted_path = loader::Path::remote;
                else if (((provider.ring_only | provider.remote_only) >> k & 1) != 0)
                    link.wanted_path = loader::Path::ring;
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
        if (client == &provider || client->domain->ended)
            continue;
        for (std::size_t i = 0; i < client->image->requires_().size(); ++i) {
            if (client->links[i].provider == &provider)
                return false;
        }
    }
    return true;
}

void refuse_direct_calls(ModuleInstance& provider) noexcept {
    for (ModuleInstance* client = registry().modules; client != nullptr; client = client->next) {
        if (!client->domain->is_kernel())
            continue;
        for (std::size_t i = 0; i < client->image->requires_().size(); ++i) {
            if (client->links[i].provider != &provider ||
                client->links[i].path != loader::Path::direct)
                continue;
            // One word: the stub does not care for the edge, and code of the client may be between
            // its loads of both. The link stays until the client is at rest.
            __atomic_store_n(segment_view_as<std::uint64_t>(*client->segment,
                                                            client->image->requires_()[i].slot),
                             reinterpret_cast<std::uint64_t>(unlinked_stub(true)),
                             __ATOMIC_RELAXED);
        }
    }
}

void unlink_clients(ModuleInstance& provider) noexcept {
    for (ModuleInstance* client = registry().modules; client != nullptr; client = client->next) {
        if (client == &provider || client->let_go || client->domain->ended)
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
        if (provider != nullptr && (provider->removing || client.let_go)) {
            unlink_edge(client, i, provider->stage == ModuleStage::failed);
            removal_step(*provider);
        }
    }
    for (std::size_t i = 0; i < client.image->requires_().size(); ++i) {
        Link& link = client.links[i];
        ModuleInstance* wanted = link.wanted;
        link.wanted = nullptr;
        if (wanted != nullptr && link.provider == nullptr && wanted->stage != ModuleStage::failed &&
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

Status publish_area(Domain& domain, ModuleInstance* module, Segment& area) noexcept {
    AreaList& list = module != nullptr ? module->areas : domain.areas;
    if (list.count == abi::kMaxAreas)
        return Status::no_resource;
    if (list.table == nullptr) {
        auto table =
            segment_create(kernel_domain(), sizeof(abi::BufferAreas), Backing::contiguous, "areas");
        if (!table)
            return table.error();
        list.table = *table;
        if (const Status status = segment_map(**table, kernel_domain(), kPteRead | kPteWrite);
            status != Status::ok)
            return status;
    }
    if (!domain.is_kernel()) {
        if (const Status status = segment_map(area, kernel_domain(), kPteRead | kPteWrite);
            status != Status::ok)
            return status;
    }
    for (Channel* channel = registry().channels; channel != nullptr; channel = channel->next) {
        const bool ours =
            module != nullptr ? channel->client == module : channel->client->domain == &domain;
        if (!ours || channel->closed || channel->buffer_rights == 0 ||
            channel->provider->domain->is_kernel() || channel->provider->domain == &domain)
            continue;
        if (const Status status =
                segment_map(area, *channel->provider->domain, channel->buffer_rights);
            status != Status::ok)
            return status;
    }
    auto* table = segment_view_as<abi::BufferAreas>(*list.table);
    table->areas[list.count] = {area.base, area.bytes, 1};
    list.areas[list.count++] = &area;
    __atomic_store_n(&table->count, list.count, __ATOMIC_RELEASE);
    return Status::ok;
}

namespace {
/// Frees a closed channel that neither side touches any more.
void release_if_done(Channel& channel) noexcept {
    if (!channel.client_done || !channel.provider_done)
        return;
    Channel** link = &registry().channels;
    while (*link != &channel)
        link = &(*link)->next;
    *link = channel.next;
    if (channel.queued != nullptr) {
        segment_release(*channel.queued);
        segment_unmap(*channel.queued, kernel_domain());
    }
    if (!channel.client_domain->ended)
        segment_release(*channel.client_segment);
    if (!channel.provider_domain->ended)
        segment_release(*channel.provider_segment);
    for (Segment* segment : {channel.client_segment, channel.provider_segment}) {
        for (Domain* domain : {channel.client_domain, channel.provider_domain}) {
            if (!domain->ended)
                segment_unmap(*segment, *domain);
        }
    }
    ModuleInstance* sides[2] = {channel.client_domain->ended ? nullptr : channel.client,
                                channel.provider_domain->ended ? nullptr : channel.provider};
    channel_pool.release(&channel);
    for (ModuleInstance* side : sides) {
        if (side != nullptr)
            removal_step(*side);
    }
}
} // namespace

void close_channel(Channel& channel) noexcept {
    if (channel.closed) { // a side may have ended since
        channel.client_done = channel.client_done || channel.client_domain->ended;
        channel.provider_done = channel.provider_done || channel.provider_domain->ended;
        release_if_done(channel);
        return;
    }
    channel.closed = true;
    channel.client_domain = channel.client->domain;
    channel.provider_domain = channel.provider->domain;
    channel.client_done = channel.client_domain->ended;
    channel.provider_done = channel.provider_domain->ended;
    const auto tell = [](ExecutorRecord& executor, std::uint32_t index, std::uint64_t client) {
        static_cast<void>(executor_tell(executor,
                                        {.kind = abi::ControlKind::close_end,
                                         .index = index,
                                         .a = client,
                                         .b = 0,
                                         .c = 0,
                                         .d = 0,
                                         .e = 0,
                                         .f = 0,
                                         .reserved = 0}));
    };
    if (!channel.client_done)
        tell(*channel.client->executor, channel.client_index, 1);
    if (!channel.provider_done)
        tell(*channel.provider->executor, channel.server_index, 0);
    release_if_done(channel);
}

void close_channels(ModuleInstance& instance) noexcept {
    for (Channel *channel = registry().channels, *next = nullptr; channel != nullptr;
         channel = next) {
        next = channel->next;
        if (channel->client == &instance || channel->provider == &instance)
            close_channel(*channel);
    }
}

void channel_side_done(ExecutorRecord& record,
                       std::uint32_t index,
                       bool client,
                       bool pool_unused) noexcept {
    if (index >= abi::kMaxEnds)
        return;
    Channel* channel = client ? record.channels_by_client[index] : record.channels_by_server[index];
    if (channel == nullptr || !channel->closed)
        return;
    (client ? channel->client_done : channel->provider_done) = true;
    if (client) {
        ModuleInstance& user = *channel->client;
        for (std::size_t i = 0; i < user.image->requires_().size(); ++i) {
            if (user.links[i].provider == channel->provider)
                unlink_edge(user, i, true);
        }
        if (pool_unused) { // else futures hold entries: it stays as long as the domain
            segment_release(*channel->pool);
            segment_unmap(*channel->pool, *user.domain);
        }
        executor_give_back(record, channel->client_doorbell);
        record.channels_by_client[index] = nullptr;
        record.client_ends &= ~(std::uint64_t{1} << index);
    } else {
        executor_give_back(record, channel->provider_doorbell);
        record.channels_by_server[index] = nullptr;
        record.server_ends &= ~(std::uint64_t{1} << index);
    }
    release_if_done(*channel);
}

} // namespace cw::kernel
