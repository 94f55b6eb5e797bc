// Service `clients`: who keeps something for its clients learns when one has ended.
#include "caller.hpp"
#include "modules.hpp"
#include <cw/core/declare.hpp>
#include <cw/core/executor.hpp>
#include <cw/core/service/clients.hpp>
#include <cw/nucleus/log.hpp>

namespace cw::kernel {

/// A module that has ended, as one of those that watch is to be told.
struct EndedClient {
    std::uint32_t id;
    EndedClient* next;
};

/// A call that waits for one.
struct ClientWatcher {
    Ready* ready;
    Result<clients::Ended> outcome{refuse(Status::peer_died)};
};

namespace {

/// What is kept for a module that does not ask. One that lets so many go by has lost the rest.
constexpr std::uint32_t kMostEnded = 1024;

Pool<EndedClient> ended_pool{"clients.ended"};

void resume(ModuleInstance& instance, Result<clients::Ended> outcome) noexcept {
    ClientWatcher* const watcher = instance.watcher;
    instance.watcher = nullptr;
    watcher->outcome = outcome;
    runtime::push_from_outside(*watcher->ready->module->home, *watcher->ready);
}

/// The oldest that the module was not told of. Requires: there is one.
std::uint32_t take_ended(ModuleInstance& instance) noexcept {
    EndedClient* const oldest = instance.ended_clients;
    const std::uint32_t id = oldest->id;
    instance.ended_clients = oldest->next;
    --instance.ended_count;
    ended_pool.release(oldest);
    return id;
}

/// Suspends the handler until a client of module `id` has ended.
struct NextEnded {
    std::uint32_t id; ///< Of who watches.
    ClientWatcher watcher{};

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        PromiseBase& promise = handle.promise();
        promise.ready.coroutine = handle.address();
        const Locked hold{kernel_lock};
        ModuleInstance* const instance = module_by_id(id);
        if (instance == nullptr)
            return false;
        instance->watches_clients = true;
        if (instance->watcher != nullptr) {
            watcher.outcome = refuse(Status::busy);
            return false;
        }
        if (instance->ended_clients != nullptr) {
            watcher.outcome = clients::Ended{take_ended(*instance)};
            return false;
        }
        watcher.ready = &promise.ready;
        instance->watcher = &watcher;
        return true;
    }
    Result<clients::Ended> await_resume() const noexcept { return watcher.outcome; }
};

Task<clients::Ended> next_ended(Nothing) noexcept {
    std::uint32_t id = 0;
    {
        const Locked hold{kernel_lock};
        if (const ModuleInstance* client = calling_module())
            id = client->id;
    }
    const auto ended = co_await NextEnded{id};
    co_return ended;
}
CW_PROVIDE(clients::ended, next_ended, abi::kMethodQueuedOnly);

} // namespace

void client_ended(ModuleInstance& provider, std::uint32_t client) noexcept {
    if (!provider.watches_clients)
        return;
    if (provider.watcher != nullptr) {
        resume(provider, clients::Ended{client});
        return;
    }
    EndedClient* const entry = provider.ended_count == kMostEnded ? nullptr : ended_pool.allocate();
    if (entry == nullptr) {
        log::line("{}: is not told of a client that has ended", provider.image->name());
        return;
    }
    entry->id = client;
    EndedClient** link = &provider.ended_clients;
    while (*link != nullptr)
        link = &(*link)->next;
    *link = entry;
    ++provider.ended_count;
}

void module_ended(const ModuleInstance& ended) noexcept {
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m != &ended)
            client_ended(*m, ended.id);
    }
}

void forget_clients(ModuleInstance& instance) noexcept {
    instance.watches_clients = false;
    if (instance.watcher != nullptr)
        resume(instance, refuse(Status::peer_died));
    while (instance.ended_clients != nullptr)
        static_cast<void>(take_ended(instance));
}

} // namespace cw::kernel
