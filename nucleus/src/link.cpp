// Linking: an edge per (client module, method).
#include "modules.hpp"
#include <cw/core/ring_stub.hpp>
#include <cw/core/ring_submit.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/kmem.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/trace.hpp>
#include <cw/nucleus/vdso.hpp>
#include <new>
#include <utility>

namespace cw::kernel {

namespace {

AllocationSite stub_segments{"modules.stubs"};

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
                CW_TRY(segment_reserve(*provider.domain, load.memory_bytes, stub_segments));
            const Status status = segment_borrow(
                *made, 0, provider.image->file().data() + load.file_offset, load.memory_bytes);
            if (status != Status::ok) {
                segment_release(*made);
                return refuse(status);
            }
            provider.remote_text = made;
        }
        CW_CHECK_OK(segment_map(*provider.remote_text, client, kRightRead | kRightExecute));
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
    image_write(client, require.slot, words, sizeof(words));
}

/// What the slot of a call that is linked this way leads to; `stub` is the provider's own. While
/// tracing is on: a stub that records the call.
std::uint64_t function_of(const ModuleInstance& client,
                          const abi::ProvideRecord& provide,
                          loader::Path path,
                          std::uint64_t stub) noexcept {
    const std::uint32_t words = provide.shape.argument_words;
    const std::uint32_t large = provide.shape.reply_words > 1 ? 1 : 0;
    if (path == loader::Path::remote && !tracing())
        return stub;
    if (path == loader::Path::syscall)
        return (tracing() ? vdso().traced_call_stubs : vdso().call_stubs)[large][words];
    if (!client.domain->is_kernel())
        return (tracing() ? vdso().traced_ring_stubs : vdso().ring_stubs)[large][words];
    return reinterpret_cast<std::uint64_t>(tracing() ? traced_ring_stub(words, large != 0)
                                                     : ring_stub(words, large != 0));
}

/// Changes where a slot leads, while code of its module may run: one word.
void turn_slot(ModuleInstance& client,
               const abi::RequireRecord& require,
               std::uint64_t function) noexcept {
    __atomic_store_n(
        static_cast<std::uint64_t*>(image_view(client, require.slot)), function, __ATOMIC_RELAXED);
}

Result<std::uint32_t> take_edge(ExecutorRecord& executor) noexcept {
    for (std::uint32_t word = 0; word < kMaxEdges / 64; ++word) {
        std::uint64_t& used = executor.edges[word];
        if (~used == 0)
            continue;
        const auto bit = static_cast<std::uint32_t>(__builtin_ctzll(~used));
        used |= std::uint64_t{1} << bit;
        return word * 64 + bit;
    }
    return refuse(Status::no_resource);
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
        const auto taken = take_edge(executor);
        if (!taken)
            return taken.error();
        link.edge = 1 + *taken;
    }
    const std::uint32_t index = link.edge - 1;
    Edge edge{};
    edge.client = reinterpret_cast<ModuleState*>(client.base + client.image->module().state);
    edge.opcode = static_cast<std::uint16_t>(provide_index);
    edge.submission = abi::message_head(0, edge.opcode);
    edge.argument_words = provide.shape.argument_words;
    edge.reply_words = provide.shape.reply_words;
    std::uint64_t function = provider.base + provide.direct;
    std::uint32_t end = 0;
    Segment* stubs = nullptr;
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
            calls_published(executor);
        } else if (path == loader::Path::remote) {
            const auto stub = remote_stub(provider, provide, *client.domain);
            if (!stub)
                return stub.error();
            function = *stub;
            stubs = provider.remote_text;
        }
        function = function_of(client, provide, path, function);
    }
    executor.edges_view[index] = edge;
    link.provider = &provider;
    link.method = static_cast<std::uint32_t>(provide_index);
    link.path = path;
    link.end = end;
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
    link.end = 0;
    drop_remote_text(client, link);
    const std::uint64_t function =
        client.domain->is_kernel() ? reinterpret_cast<std::uint64_t>(unlinked_stub(provider_ended))
                                   : vdso().unlinked[provider_ended ? 1 : 0];
    write_slot(client, client.image->requires_()[require_index], function, 0);
}

void drop_links(ModuleInstance& client) noexcept {
    for (Link& link : client.links) {
        drop_remote_text(client, link);
        if (link.edge != 0)
            client.executor->edges[(link.edge - 1) / 64] &=
                ~(std::uint64_t{1} << (link.edge - 1) % 64);
    }
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
            // The stub does not care for the edge, and code of the client may be between its loads
            // of both. The link stays until the client is at rest.
            turn_slot(*client,
                      client->image->requires_()[i],
                      reinterpret_cast<std::uint64_t>(unlinked_stub(true)));
        }
    }
}

void turn_calls(ModuleInstance& client) noexcept {
    for (std::size_t i = 0; i < client.image->requires_().size(); ++i) {
        const Link& link = client.links[i];
        if (leads_nowhere(link) || link.path == loader::Path::direct)
            continue;
        const abi::ProvideRecord& provide = link.provider->image->provides()[link.method];
        std::uint64_t stub = 0;
        if (link.path == loader::Path::remote) {
            // It is mapped already; if not so any more, the slot stays as it is, which works too.
            const auto again = remote_stub(*link.provider, provide, *client.domain);
            if (!again)
                continue;
            stub = *again;
        }
        turn_slot(
            client, client.image->requires_()[i], function_of(client, provide, link.path, stub));
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
        if (wanted != nullptr && leads_nowhere(link) && wanted->stage != ModuleStage::failed &&
            !wanted->removing) {
            const Shortage shortage;
            if (const Status status =
                    link_edge(client, i, *wanted, link.wanted_method, link.wanted_path);
                status != Status::ok)
                log::line("{}: {} cannot be linked to {}: {}{}{}",
                          client.image->name(),
                          client.image->text(client.image->requires_()[i].name),
                          wanted->image->name(),
                          name_of(status),
                          shortage.site().empty() ? "" : " for ",
                          shortage.site());
            channels_tell(); // if it leads nowhere now, it may be of use later
        }
    }
}

void revoke_call_grants(ModuleInstance& callee) noexcept {
    for (ExecutorRecord* record = all_executors(); record != nullptr; record = record->next) {
        for (std::uint32_t i = 0; i < record->call_count; ++i) {
            if (record->calls[i].callee == &callee) {
                // Relaxed: a call that still goes there finds the module stopped. Pairs with the
                // host's load.
                __atomic_store_n(
                    &record->calls[i].slot.function, revoked_function(), __ATOMIC_RELAXED);
                record->calls[i].callee = nullptr;
            }
        }
    }
}

} // namespace cw::kernel
