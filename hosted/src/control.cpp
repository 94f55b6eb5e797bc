// The control socket and its thread. Whoever connects is of the same user, and trusted as that, but
// may be slow, silent or broken: everything here is non-blocking, bounded and has an end, and
// whoever does wrong loses its own connection. The nucleus' executor never waits for a socket.
#include "control.hpp"
#include "../shared/control_socket.hpp"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <cw/hosted/inbox.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/nucleus.hpp>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace cw::hosted {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Stage = ControlClient::Stage;

constexpr auto kSilence = 5s;        ///< Until who has connected has said what it wants,
constexpr auto kStart = 30s;         ///< until there is a module that runs it,
constexpr auto kNotTaken = 10s;      ///< and while it takes nothing of what it is sent.
constexpr auto kAcceptPause = 100ms; ///< When there are no descriptors.

int listener = -1, bell = -1;
std::string socket_path;
Inbox inbox; ///< Of the worker.
Clock::time_point accept_again;

/// Its last message.
void refuse_client(ControlClient& client, std::string_view why) {
    client.queue(static_cast<char>(control_socket::Reply::refusal) + std::string{why});
    client.stage = Stage::ending;
}

// The module that runs commands. It is loaded when the first command comes: a system that nobody
// asks anything has neither its process nor its memory.

Task<Nothing> load_driver() noexcept {
    static char memory[2048]; // one load at a time
    TextWriter text{memory, sizeof(memory)};
    const auto loaded = co_await load_module({.name = kControlDriver,
                                              .placement = abi::Placement::user_process,
                                              .domain = 0,
                                              .dry_run = false,
                                              .hart = 0,
                                              .grants = kGrantAll,
                                              .passed_grants = kGrantPower | kGrantObserve,
                                              .links = {}},
                                             text);
    ControlState& all = control_state();
    const std::lock_guard hold{all.lock};
    if (loaded || all.driver != nullptr) // it calls next() soon, if it has not yet
        co_return Nothing{};
    all.loading = false;
    std::string why = "this system has no module that runs commands: " + std::string{text.text()};
    while (why.ends_with('\n'))
        why.pop_back();
    for (const auto& client : all.clients) {
        if (client->stage == Stage::waiting)
            refuse_client(*client, why);
    }
    wake_control();
    co_return Nothing{};
}

void begin_load(Job&) noexcept {
    if (spawn(load_driver()) == Status::ok)
        return;
    ControlState& all = control_state();
    const std::lock_guard hold{all.lock};
    all.loading = false; // whoever waits is told when its time is over
}

Job load_job{&begin_load};

/// Locks: ControlState::lock held.
void ensure_driver(ControlState& all) noexcept {
    if (all.driver != nullptr || all.loading)
        return;
    all.loading = true;
    if (inbox.push(load_job))
        runtime::push_from_outside(*inbox.sleeper().module->home, inbox.sleeper());
}

// Clients. All under ControlState::lock.

/// It is gone: what is to be done is up to what the driver knows of it.
void lose(ControlState& all, ControlClient& client) noexcept {
    close(client.socket);
    client.socket = -1;
    client.output.clear();
    client.queued_bytes = 0;
    if (client.putter != nullptr)
        resume(*std::exchange(client.putter, nullptr), refuse(Status::peer_died));
    if (client.stage != Stage::running)
        client.stage = Stage::ending;
    all.tell_driver();
}

/// Sends as much as it takes. False: it is gone, or all was sent and it is to be closed.
bool send_output(ControlClient& client) noexcept {
    while (!client.output.empty()) {
        const std::string& message = client.output.front();
        const ssize_t sent =
            ::send(client.socket, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR;
        client.queued_bytes -= message.size();
        client.output.pop_front();
        client.since = Clock::now();
    }
    if (client.putter != nullptr && client.queued_bytes <= kControlRoom)
        resume(*std::exchange(client.putter, nullptr), control::Event{});
    return client.stage != Stage::ending;
}

/// Untrusted: the message. False: it is gone, or has said what it may not.
bool receive_request(ControlState& all, ControlClient& client) noexcept {
    char message[control_socket::kMaxRequestBytes + 1];
    const ssize_t size = recv(client.socket, message, sizeof(message), MSG_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR;
    if (size == 0 || client.stage != Stage::silent)
        return false;
    std::string_view words{message, static_cast<std::size_t>(size)};
    if (words.size() > control_socket::kMaxRequestBytes) {
        refuse_client(client, "a command has at most 1024 bytes");
        return true;
    }
    if (!words.starts_with(control_socket::kGreeting) || !words.ends_with('\0') ||
        words.size() == control_socket::kGreeting.size()) {
        refuse_client(client, "this is no command as this system understands it");
        return true;
    }
    words.remove_prefix(control_socket::kGreeting.size());
    client.words = words;
    client.stage = Stage::waiting;
    client.since = Clock::now();
    ensure_driver(all);
    all.tell_driver();
    return true;
}

/// When the client is to have done something; max: it need not.
Clock::time_point deadline_of(const ControlClient& client) noexcept {
    switch (client.stage) {
    case Stage::silent:
        return client.since + kSilence;
    case Stage::waiting:
        return client.since + kStart;
    default:
        return client.output.empty() ? Clock::time_point::max() : client.since + kNotTaken;
    }
}

void expire(ControlState& all, ControlClient& client) noexcept {
    if (client.stage == Stage::waiting)
        refuse_client(client, "no module runs commands");
    else
        lose(all, client);
}

bool may_connect(int socket) noexcept {
    ucred peer{};
    socklen_t size = sizeof(peer);
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

/// For who is not let in.
void turn_away(int socket, std::string_view why) noexcept {
    const std::string message =
        static_cast<char>(control_socket::Reply::refusal) + std::string{why};
    static_cast<void>(::send(socket, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
    close(socket);
}

/// False: all places are taken by who has said what it wants.
bool make_place(ControlState& all) noexcept {
    if (all.clients.size() < control::kMostSessions)
        return true;
    const auto silent = std::ranges::find(all.clients, Stage::silent, [](const auto& client) {
        return client->stage; // the oldest comes first
    });
    if (silent == all.clients.end())
        return false;
    close((*silent)->socket);
    all.clients.erase(silent);
    return true;
}

void accept_clients(ControlState& all) noexcept {
    static std::uint64_t last_id = 0;
    for (std::size_t count = 0; count < control::kMostSessions; ++count) {
        const int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (socket < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                accept_again = Clock::now() + kAcceptPause;
            return;
        }
        if (!may_connect(socket)) {
            turn_away(socket, "this system is another user's");
        } else if (!make_place(all)) {
            turn_away(socket, "too many commands run already");
        } else {
            auto client = std::make_unique<ControlClient>();
            client->socket = socket;
            client->id = ++last_id;
            client->since = Clock::now();
            all.clients.push_back(std::move(client));
        }
    }
}

void look_at(ControlState& all, ControlClient& client) noexcept {
    if (client.socket < 0)
        return;
    if (!receive_request(all, client) || !send_output(client))
        lose(all, client);
    else if (deadline_of(client) <= Clock::now())
        expire(all, client);
}

/// What to wait for, and how long; the listener and the bell are first.
int prepare(const ControlState& all, std::vector<pollfd>& waits) {
    Clock::time_point until = Clock::time_point::max();
    const bool pauses = Clock::now() < accept_again;
    if (pauses)
        until = accept_again;
    waits = {{pauses ? -1 : listener, POLLIN, 0}, {bell, POLLIN, 0}};
    for (const auto& client : all.clients) {
        if (client->socket < 0)
            continue;
        const bool sends = !client->output.empty();
        waits.push_back({client->socket, static_cast<short>(POLLIN | (sends ? POLLOUT : 0)), 0});
        until = std::min(until, deadline_of(*client));
    }
    if (until == Clock::time_point::max())
        return -1;
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    return rest.count() < 0 ? 0 : static_cast<int>(rest.count());
}

void* serve(void*) {
    pthread_setname_np(pthread_self(), "control");
    ControlState& all = control_state();
    std::vector<pollfd> waits;
    for (;;) {
        int timeout = -1;
        {
            const std::lock_guard hold{all.lock};
            timeout = prepare(all, waits);
        }
        poll(waits.data(), waits.size(), timeout);
        std::uint64_t rung = 0;
        static_cast<void>(read(bell, &rung, sizeof(rung)));
        const std::lock_guard hold{all.lock};
        if ((waits[0].revents & POLLIN) != 0)
            accept_clients(all);
        for (const auto& client : all.clients)
            look_at(all, *client);
        std::erase_if(all.clients, [](const auto& client) {
            return client->socket < 0 && client->stage == Stage::ending;
        });
    }
}

// The socket.

/// Nobody listens there: a system that was killed has left it.
bool is_left_over(const sockaddr_un& address) noexcept {
    const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    const bool dead =
        connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
        errno == ECONNREFUSED;
    close(socket);
    return dead;
}

/// Empty, or what stands in the way.
std::string listen_at(const std::string& folder, const std::string& path) {
    if (mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
        return folder + ": " + std::strerror(errno);
    if (!control_socket::is_ours(folder))
        return folder + ": is no directory of this user's alone";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        return path + ": is too long for a socket's name";
    path.copy(address.sun_path, path.size());
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return path + ": " + std::strerror(errno);
    bool bound = bind(listener, name, sizeof(address)) == 0;
    if (!bound && errno == EADDRINUSE && is_left_over(address)) {
        unlink(path.c_str());
        bound = bind(listener, name, sizeof(address)) == 0;
    }
    if (!bound || listen(listener, control::kMostSessions) != 0)
        return path + ": " + std::strerror(errno);
    return {};
}

} // namespace

void wake_control() noexcept {
    const std::uint64_t one = 1;
    static_cast<void>(write(bell, &one, sizeof(one)));
}

void start_control() noexcept {
    static_cast<void>(control_state()); // made before there are several threads
    const std::string folder = control_socket::folder();
    std::string path = folder + "/" + std::to_string(getpid());
    std::string obstacle = listen_at(folder, path);
    bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_t thread{};
    if (obstacle.empty() && (bell < 0 || spawn(carry_out(inbox)) != Status::ok ||
                             pthread_create(&thread, nullptr, &serve, nullptr) != 0))
        obstacle = "no descriptor, memory or thread for it";
    if (!obstacle.empty()) {
        log::line("no commands from outside of this system: {}", obstacle);
        if (listener >= 0)
            close(listener);
        listener = -1;
        return;
    }
    socket_path = std::move(path);
}

void stop_control() noexcept {
    if (!socket_path.empty())
        unlink(socket_path.c_str());
}

} // namespace cw::hosted
