// Service `control`: what the module that runs commands from outside asks of the nucleus.
#include "../shared/control_socket.hpp"
#include "control.hpp"
#include <algorithm>
#include <cstring>
#include <cw/core/declare.hpp>
#include <cw/core/task.hpp>
#include <cw/core/thread_sanitizer.hpp>
#include <utility>

namespace cw::hosted {

ControlState& control_state() noexcept {
    static ControlState& all = *new ControlState; // its thread looks at it to the very end
    return all;
}

void ControlClient::queue(std::string message) {
    if (output.empty()) // from now on it has something to take
        since = std::chrono::steady_clock::now();
    queued_bytes += message.size();
    output.push_back(std::move(message));
}

ControlClient* ControlState::session(std::uint64_t id) noexcept {
    const auto found = std::ranges::find_if(clients, [id](const auto& client) {
        return client->id == id && client->stage == ControlClient::Stage::running;
    });
    return found == clients.end() ? nullptr : found->get();
}

Result<control::Event> ControlState::take_event() noexcept {
    for (const auto& client : clients) {
        if (client->stage == ControlClient::Stage::running && client->socket < 0 &&
            !std::exchange(client->told_gone, true))
            return control::Event{client->id, control::What::gone, 0};
    }
    for (const auto& client : clients) {
        if (client->stage != ControlClient::Stage::waiting)
            continue;
        client->stage = ControlClient::Stage::running;
        return control::Event{client->id, control::What::command, client->words.size()};
    }
    return refuse(Status::not_ready);
}

void ControlState::tell_driver() noexcept {
    if (next == nullptr)
        return;
    if (const auto event = take_event())
        resume(*std::exchange(next, nullptr), event);
}

void resume(ControlWaiter& waiter, Result<control::Event> outcome) noexcept {
    waiter.outcome = outcome;
    runtime::push_from_outside(*waiter.ready->module->home, *waiter.ready);
}

void control_driver_ended(const ModuleInstance& instance) noexcept {
    if (!settings().system)
        return;
    ControlState& all = control_state();
    const std::lock_guard hold{all.lock};
    if (all.driver == nullptr && instance.image->name() == kControlDriver)
        all.loading = false; // it has never been the driver
    if (all.driver != &instance)
        return;
    all.driver = nullptr;
    if (all.next != nullptr)
        resume(*std::exchange(all.next, nullptr), refuse(Status::peer_died));
    for (const auto& client : all.clients) {
        if (client->stage != ControlClient::Stage::running)
            continue;
        if (client->putter != nullptr)
            resume(*std::exchange(client->putter, nullptr), refuse(Status::peer_died));
        client->queue(std::string{static_cast<char>(control_socket::Reply::refusal)} +
                      "the module control has ended");
        client->stage = ControlClient::Stage::ending;
    }
    wake_control();
}

namespace {

constexpr Gated kCwGated = Gated::no;
constexpr OwnStubs kCwOwnStubs = OwnStubs::no;

/// Makes the caller the driver if there is none. Requires: the handler has not suspended.
Result<Nothing> claim() noexcept {
    const Locked kernel{kernel_lock};
    const ModuleInstance* const caller = calling_module();
    if (!settings().system || caller == nullptr || (caller->domain->grants & kGrantPower) == 0)
        return refuse(Status::not_permitted);
    ControlState& all = control_state();
    const std::lock_guard hold{all.lock};
    if (all.driver == nullptr) {
        all.driver = caller;
        all.loading = false;
    }
    if (all.driver != caller)
        return refuse(Status::already_exists);
    return Nothing{};
}

/// Requires: the handler has not suspended.
bool is_driver() noexcept {
    const Locked kernel{kernel_lock};
    const ModuleInstance* const caller = calling_module();
    if (!settings().system || caller == nullptr)
        return false;
    ControlState& all = control_state();
    const std::lock_guard hold{all.lock};
    return all.driver == caller;
}

struct NextEvent {
    ControlWaiter waiter{};

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        PromiseBase& promise = handle.promise();
        promise.ready.coroutine = handle.address();
        waiter.ready = &promise.ready;
        ControlState& all = control_state();
        const std::lock_guard hold{all.lock};
        if (all.next != nullptr) {
            waiter.outcome = refuse(Status::busy);
            return false;
        }
        waiter.outcome = all.take_event();
        if (waiter.outcome)
            return false;
        all.next = &waiter;
        return true;
    }
    Result<control::Event> await_resume() const noexcept { return waiter.outcome; }
};

Task<control::Event> next(Nothing) noexcept {
    CW_CO_CHECK(claim());
    const auto event = co_await NextEvent{};
    co_return event;
}
CW_PROVIDE(control::next, next, abi::kMethodQueuedOnly);

Result<control::Taken> words(control::WordsArguments arguments) noexcept {
    if (!is_driver())
        return refuse(Status::not_permitted);
    ControlState& all = control_state();
    const std::lock_guard hold{all.lock};
    const ControlClient* const client = all.session(arguments.session);
    if (client == nullptr)
        return refuse(Status::not_found);
    const OrderedByPeer order{arguments.into.address, arguments.into.size_bytes};
    const std::size_t bytes =
        std::min<std::uint64_t>(arguments.into.size_bytes, client->words.size());
    std::memcpy(reinterpret_cast<void*>(arguments.into.address), client->words.data(), bytes);
    return control::Taken{bytes};
}
CW_PROVIDE(control::words, words, abi::kMethodQueuedOnly);

/// Suspends the handler until the client has taken enough of what is queued.
struct Room {
    std::uint64_t session;
    ControlWaiter waiter{};

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        PromiseBase& promise = handle.promise();
        promise.ready.coroutine = handle.address();
        waiter.ready = &promise.ready;
        ControlState& all = control_state();
        const std::lock_guard hold{all.lock};
        ControlClient* const client = all.session(session);
        if (client == nullptr || client->socket < 0)
            waiter.outcome = refuse(Status::peer_died);
        else if (client->putter != nullptr)
            waiter.outcome = refuse(Status::busy);
        else if (client->queued_bytes <= kControlRoom)
            waiter.outcome = control::Event{};
        else
            client->putter = &waiter;
        return client != nullptr && client->putter == &waiter;
    }
    Result<control::Event> await_resume() const noexcept { return waiter.outcome; }
};

/// Untrusted: the driver may change the text meanwhile; it is copied once, and only shown.
Status queue_output(const control::Output& output) noexcept {
    if (output.text.size_bytes > control::kMaxOutputBytes)
        return Status::invalid_argument;
    ControlState& all = control_state();
    const std::lock_guard hold{all.lock};
    ControlClient* const client = all.session(output.session);
    if (client == nullptr)
        return Status::not_found;
    if (client->socket < 0)
        return Status::peer_died;
    if (client->putter != nullptr)
        return Status::busy;
    if (output.text.size_bytes == 0)
        return Status::ok;
    const OrderedByPeer order{output.text.address, output.text.size_bytes};
    std::string message(1, static_cast<char>(control_socket::Reply::output));
    message.append(reinterpret_cast<const char*>(output.text.address), output.text.size_bytes);
    client->queue(std::move(message));
    return Status::ok;
}

Task<Nothing> put(control::Output output) noexcept {
    if (!is_driver())
        co_return refuse(Status::not_permitted);
    if (const Status status = queue_output(output); status != Status::ok)
        co_return refuse(status);
    wake_control();
    const auto room = co_await Room{output.session};
    if (!room)
        co_return refuse(room.error());
    co_return Nothing{};
}
CW_PROVIDE(control::put, put, abi::kMethodQueuedOnly);

Result<Nothing> end(control::End end) noexcept {
    if (!is_driver())
        return refuse(Status::not_permitted);
    ControlState& all = control_state();
    const std::lock_guard hold{all.lock};
    ControlClient* const client = all.session(end.session);
    if (client == nullptr)
        return refuse(Status::not_found);
    client->queue(
        {static_cast<char>(control_socket::Reply::status), static_cast<char>(end.status)});
    client->stage = ControlClient::Stage::ending;
    wake_control();
    return Nothing{};
}
CW_PROVIDE(control::end, end, abi::kMethodQueuedOnly);

} // namespace

} // namespace cw::hosted
