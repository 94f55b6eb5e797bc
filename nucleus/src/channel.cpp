// Channels: a ring pair per (client module, provider module), from first link to last handler.
#include "modules.hpp"
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/trace.hpp>
#include <new>

namespace cw::kernel {

namespace {

Pool<Channel> channel_pool{"channels.records"};
AllocationSite client_rings{"channels.client_rings"};
AllocationSite provider_rings{"channels.provider_rings"};
AllocationSite call_pools{"channels.calls"};
AllocationSite queues{"channels.queued_calls"};
std::uint32_t last_number;

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
    channel.client_segment = CW_TRY(segment_create(
        *client.domain, abi::kClientSegmentBytes, Backing::contiguous, client_rings));
    channel.provider_segment = CW_TRY(segment_create(
        *provider.domain, abi::kProviderSegmentBytes, Backing::contiguous, provider_rings));
    initialise_page(*channel.client_segment);
    initialise_page(*channel.provider_segment);
    CW_CHECK_OK(segment_map(*channel.client_segment, *client.domain, kRightRead | kRightWrite));
    CW_CHECK_OK(segment_map(*channel.provider_segment, *provider.domain, kRightRead | kRightWrite));
    if (client.domain != provider.domain) {
        CW_CHECK_OK(segment_map(*channel.client_segment, *provider.domain, kRightRead));
        CW_CHECK_OK(segment_map(*channel.provider_segment, *client.domain, kRightRead));
    }
    channel.pool = CW_TRY(segment_create(
        *client.domain, kPoolPendings * sizeof(Pending), Backing::pages, call_pools));
    CW_CHECK_OK(segment_map(*channel.pool, *client.domain, kRightRead | kRightWrite));
    channel.areas = CW_TRY(area_list(client));
    ++channel.areas->users;
    CW_CHECK_OK(segment_map(*channel.areas->table,
                            *provider.domain,
                            provider.domain->is_kernel() ? kRightRead | kRightWrite
                                                         : std::uint64_t{kRightRead}));
    if (provider.domain->is_kernel()) {
        channel.queued = CW_TRY(segment_create(kernel_domain(),
                                               abi::kChannelCredits * sizeof(QueuedCall),
                                               Backing::contiguous,
                                               queues));
        CW_CHECK_OK(segment_map(*channel.queued, kernel_domain(), kRightRead | kRightWrite));
    }
    return Nothing{};
}

/// Takes it out of the list of all.
void unlist(Channel& channel) noexcept {
    Channel** link = &registry().channels;
    while (*link != &channel)
        link = &(*link)->next;
    *link = channel.next;
}

Result<Channel*> make_channel(ModuleInstance& client, ModuleInstance& provider) noexcept {
    ExecutorRecord& from = *client.executor;
    ExecutorRecord& to = *provider.executor;
    // First what may fail, then what the executors see.
    if (~from.client_ends == 0 || ~to.server_ends == 0 ||
        !executor_listens(from, from.untold_channels + 1) ||
        !executor_listens(to, to.untold_channels + 1))
        return refuse(Status::no_resource);
    Channel* channel = channel_pool.allocate();
    if (channel == nullptr)
        return refuse(Status::no_memory);
    channel->client = &client;
    channel->provider = &provider;
    channel->client_id = client.id;
    channel->number = ++last_number;
    if (const auto filled = fill_channel(*channel); !filled) {
        if (channel->pool != nullptr)
            segment_withdraw(*channel->pool);
        free_channel(*channel);
        return refuse(filled.error());
    }
    channel->client_index = take_bit(from.client_ends);
    channel->server_index = take_bit(to.server_ends);
    channel->client_doorbell =
        executor_doorbell(from, *to.thread, abi::server_ring_tag(channel->server_index));
    channel->provider_doorbell =
        executor_doorbell(to, *from.thread, abi::client_ring_tag(channel->client_index));
    ServerEnd& server = to.view->servers[channel->server_index];
    new (&server) ServerEnd{};
    to.view->client_ids[channel->server_index] = client.id;
    to.view->server_channels[channel->server_index] = channel->number;
    from.view->client_channels[channel->client_index] = channel->number;
    if (channel->queued != nullptr) {
        server.queued = reinterpret_cast<QueuedCall*>(channel->queued->base);
        server.module =
            reinterpret_cast<ModuleState*>(provider.base + provider.image->module().state);
    }
    from.channels_by_client[channel->client_index] = channel;
    to.channels_by_server[channel->server_index] = channel;
    ++from.untold_channels;
    ++to.untold_channels;
    channel->next = registry().channels;
    registry().channels = channel;
    trace_channel(*channel);
    return channel;
}

void tell_channel(Channel& channel) noexcept {
    const ModuleInstance& client = *channel.client;
    const ModuleInstance& provider = *channel.provider;
    channel.told = true;
    --client.executor->untold_channels;
    --provider.executor->untold_channels;
    executor_tell(*provider.executor,
                  {.kind = abi::ControlKind::add_server,
                   .index = channel.server_index,
                   .a = provider.base + provider.image->module().state,
                   .b = channel.client_segment->base,
                   .c = channel.provider_segment->base,
                   .d = channel.provider_doorbell,
                   .e = provider.methods->base,
                   .f = channel.areas->table->base,
                   .reserved = 0});
    executor_tell(*client.executor,
                  {.kind = abi::ControlKind::add_client,
                   .index = channel.client_index,
                   .a = client.base + client.image->module().state,
                   .b = channel.client_segment->base,
                   .c = channel.provider_segment->base,
                   .d = channel.client_doorbell,
                   .e = channel.pool->base,
                   .f = 0,
                   .reserved = 0});
}

/// Those that nobody was told of are the latest.
void tell_oldest_first(Channel* channel) noexcept {
    if (channel == nullptr || channel->told)
        return;
    tell_oldest_first(channel->next);
    tell_channel(*channel);
}

} // namespace

void channels_tell() noexcept {
    tell_oldest_first(registry().channels);
}

void channels_take_back() noexcept {
    while (registry().channels != nullptr && !registry().channels->told) {
        Channel& channel = *registry().channels;
        ExecutorRecord& from = *channel.client->executor;
        ExecutorRecord& to = *channel.provider->executor;
        executor_give_back(from, channel.client_doorbell);
        executor_give_back(to, channel.provider_doorbell);
        from.channels_by_client[channel.client_index] = nullptr;
        to.channels_by_server[channel.server_index] = nullptr;
        from.client_ends &= ~(std::uint64_t{1} << channel.client_index);
        to.server_ends &= ~(std::uint64_t{1} << channel.server_index);
        --from.untold_channels;
        --to.untold_channels;
        unlist(channel);
        channel.provider_domain = to.domain;
        channel.client_domain = from.domain;
        hide_areas(channel);
        segment_withdraw(*channel.pool);
        free_channel(channel);
    }
}

Result<Channel*> channel_between(ModuleInstance& client, ModuleInstance& provider) noexcept {
    for (Channel* channel = registry().channels; channel != nullptr; channel = channel->next) {
        if (channel->client == &client && channel->provider == &provider && !channel->closed)
            return channel;
    }
    return make_channel(client, provider);
}

bool channels_unused(const ModuleInstance& instance) noexcept {
    for (const Channel* channel = registry().channels; channel != nullptr;
         channel = channel->next) {
        if ((channel->client == &instance || channel->provider == &instance) &&
            !channel->client_done)
            return false;
    }
    return true;
}

namespace {

/// Frees a closed channel that neither side touches any more.
void release_if_done(Channel& channel) noexcept {
    if (!channel.client_done || !channel.provider_done)
        return;
    unlist(channel);
    if (channel.provider != nullptr)
        client_ended(*channel.provider, channel.client_id);
    hide_areas(channel);
    free_channel(channel);
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
/// synchronous call might still have come from the client's thread. Neither module's removal waits
/// for handlers of the provider that go on.
void client_side_done(Channel& channel) noexcept {
    if (channel.client_done)
        return;
    channel.client_done = true;
    ModuleInstance* const sides[2] = {channel.client, channel.provider};
    if (!channel.provider_done && channel.provider_domain->is_kernel())
        tell_closed(*channel.provider->executor, channel.server_index, false);
    release_if_done(channel);
    for (ModuleInstance* side : sides) {
        if (side != nullptr)
            removal_step(*side);
    }
}

/// The provider's end is free for others.
void provider_side_done(ExecutorRecord& record, Channel& channel) noexcept {
    if (channel.provider_done)
        return;
    channel.provider_done = true;
    executor_give_back(record, channel.provider_doorbell);
    record.channels_by_server[channel.server_index] = nullptr;
    record.server_ends &= ~(std::uint64_t{1} << channel.server_index);
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
        if (client)
            client_side_done(*channel);
        else
            provider_side_done(*instance.executor, *channel);
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
        executor_give_back(record, channel->client_doorbell);
        record.pools[index] = channel->pool; // futures may hold entries
        channel->pool = nullptr;
        record.channels_by_client[index] = nullptr;
        if (pool_unused)
            release_pool(record, index);
        client_side_done(*channel);
    } else {
        if (record.domain->is_kernel() && !channel->client_done)
            return; // it is told, and asked, when the client is done
        provider_side_done(record, *channel);
    }
}

} // namespace cw::kernel
