// causeway sv and others: a command of the shell, run in a system that is running already.
#include "../shared/control_socket.hpp"
#include "command.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace cw::command {

namespace {

namespace control = hosted::control_socket;
namespace fs = std::filesystem;

/// A descriptor with an end.
class Socket {
public:
    explicit Socket(int descriptor) noexcept : descriptor_{descriptor} {}
    Socket(Socket&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    Socket& operator=(Socket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~Socket() {
        if (descriptor_ >= 0)
            close(descriptor_);
    }
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

struct System {
    int process;
    Socket socket;
};

/// The other side is this user's, or root's: whoever it is gets to see what is asked for.
bool is_trusted(int socket) noexcept {
    ucred peer{};
    socklen_t size = sizeof(peer);
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

/// Nothing: nobody is there. What a system that was killed has left is taken away.
std::optional<Socket> connect_to(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& name = path.native();
    Socket socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    if (name.size() >= sizeof(address.sun_path) || socket.descriptor() < 0)
        return std::nullopt;
    name.copy(address.sun_path, name.size());
    if (connect(socket.descriptor(),
                reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
        if (errno == ECONNREFUSED)
            unlink(name.c_str());
        return std::nullopt;
    }
    if (!is_trusted(socket.descriptor()))
        return std::nullopt;
    return socket;
}

/// Those that run, of this user or, if `wanted` is not 0, that one.
std::vector<System> find_systems(const std::string& folder, int wanted) {
    std::vector<System> systems;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator{folder, error}) {
        const std::string name = entry.path().filename();
        int process = 0;
        const auto [end, problem] =
            std::from_chars(name.data(), name.data() + name.size(), process);
        if (problem != std::errc{} || end != name.data() + name.size() ||
            (wanted != 0 && process != wanted))
            continue;
        if (auto socket = connect_to(entry.path()))
            systems.push_back({process, std::move(*socket)});
    }
    std::ranges::sort(systems, {}, &System::process);
    return systems;
}

/// How it was started, for people.
std::string command_line(int process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/cmdline", std::ios::binary};
    std::string line{std::istreambuf_iterator<char>{file}, {}};
    std::ranges::replace(line, '\0', ' ');
    return line;
}

std::string listed(const std::vector<System>& systems) {
    std::string lines;
    for (const System& system : systems)
        lines += "\n  " + std::to_string(system.process) + "  " + command_line(system.process);
    return lines;
}

/// The one that is meant.
std::expected<System, std::string> choose(int wanted) {
    const std::string folder = control::folder();
    constexpr const char* kStart = "; `causeway run` starts one";
    if (access(folder.c_str(), F_OK) != 0)
        return std::unexpected{"no system of yours runs (looked in " + folder + ")" + kStart};
    if (!control::is_ours(folder))
        return std::unexpected{folder + ": is no directory of this user's alone: what is in it is "
                                        "not trusted"};
    auto systems = find_systems(folder, wanted);
    if (systems.size() == 1)
        return std::move(systems.front());
    if (!systems.empty())
        return std::unexpected{"several systems run; choose one with --system PID:" +
                               listed(systems)};
    systems = find_systems(folder, 0);
    if (systems.empty())
        return std::unexpected{"no system of yours runs (looked in " + folder + ")" + kStart};
    return std::unexpected{"no system of yours has the process id " + std::to_string(wanted) +
                           "; these run:" + listed(systems)};
}

/// Shows what comes until the command has ended.
int show_replies(const System& system) {
    static std::array<char, control::kMaxReplyBytes> message;
    bool reset = false;
    for (;;) {
        const ssize_t size = recv(system.socket.descriptor(), message.data(), message.size(), 0);
        if (size < 0 && errno == EINTR)
            continue;
        // It was closed before all was read that we have said: what it has said is still there.
        if (size < 0 && errno == ECONNRESET && !std::exchange(reset, true))
            continue;
        if (size <= 0)
            return complain("the system " + std::to_string(system.process) +
                            " has ended, or has given this command up");
        const std::string_view text{message.data() + 1, static_cast<std::size_t>(size) - 1};
        switch (static_cast<control::Reply>(message[0])) {
        case control::Reply::output:
            std::fwrite(text.data(), 1, text.size(), stdout);
            std::fflush(stdout); // whoever watches sees it now
            if (std::ferror(stdout) != 0)
                return complain("what is shown cannot be written: " +
                                std::string{std::strerror(errno)});
            break;
        case control::Reply::status:
            return text.empty() ? kWrongUse : static_cast<unsigned char>(text[0]);
        default:
            return complain(std::string{text});
        }
    }
}

} // namespace

int run_elsewhere(const std::vector<std::string>& words, int system) {
    std::string request{control::kGreeting};
    for (const std::string& word : words)
        request += word + '\0';
    if (request.size() > control::kMaxRequestBytes)
        return complain("a command has at most 1024 bytes");
    const auto chosen = choose(system);
    if (!chosen)
        return complain(chosen.error());
    if (send(chosen->socket.descriptor(), request.data(), request.size(), MSG_NOSIGNAL) < 0 &&
        errno != EPIPE) // what it has said before it closed is there
        return complain("the system " + std::to_string(chosen->process) + ": " +
                        std::strerror(errno));
    return show_replies(*chosen);
}

} // namespace cw::command
