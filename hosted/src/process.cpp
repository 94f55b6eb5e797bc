// The processes of domains: how they begin, what they are told, how they end.
#include "files.hpp"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <cw/nucleus/log.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" const char cw_domain_programme[], cw_domain_programme_end[];

namespace cw::hosted {

namespace {

/// The programme as a file to be executed: no path that somebody else could change.
int programme() noexcept {
    static const int descriptor = [] {
        const int made = memfd_create("causeway-domain", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        const auto bytes = static_cast<std::size_t>(cw_domain_programme_end - cw_domain_programme);
        if (made >= 0 && write(made, cw_domain_programme, bytes) == static_cast<ssize_t>(bytes))
            fcntl(made, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
        return made;
    }();
    return descriptor;
}

/// In the child, which shares our memory until it executes something: system calls only.
[[noreturn]] void
become_domain(int socket, int bell, int file, int ring, const char* name) noexcept {
    // They may be in each other's place.
    const int high_ring = ring < 0 ? -1 : fcntl(ring, F_DUPFD_CLOEXEC, 128);
    const int high_socket = fcntl(socket, F_DUPFD_CLOEXEC, 128);
    const int high_bell = fcntl(bell, F_DUPFD_CLOEXEC, 128);
    const int high_file = fcntl(file, F_DUPFD_CLOEXEC, 128);
    const bool placed = high_file >= 0 && dup2(high_socket, kSocket) >= 0 &&
                        dup2(high_bell, kBell) >= 0 &&
                        (ring < 0 || dup2(high_ring, kFilesRing) >= 0);
    // Nothing else of ours is inherited; standard descriptors neither.
    for (int descriptor = 0; descriptor < kSocket; ++descriptor)
        close(descriptor);
    const int first_foreign = ring < 0 ? kBell + 1 : kFilesRing + 1;
    syscall(SYS_close_range, first_foreign, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
    // A group of its own: what the terminal sends to the programme is not for its modules. And no
    // handler of the programme's runs here, in its memory.
    setsid();
    for (int signal = 1; signal < NSIG; ++signal)
        std::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit no_core{0, 0};
    const rlimit descriptors{512, 512};
    setrlimit(RLIMIT_CORE, &no_core);
    if (ring < 0) { // else Linux writes files for it, with threads that count as its own
        setrlimit(RLIMIT_FSIZE, &no_core);
        setrlimit(RLIMIT_NPROC, &no_core);
    }
    setrlimit(RLIMIT_NOFILE, &descriptors);
    const char* const arguments[] = {name, nullptr};
    const char* const environment[] = {nullptr};
    if (placed)
        syscall(SYS_execveat, high_file, "", arguments, environment, AT_EMPTY_PATH);
    _exit(kNoConfinementStatus);
}

} // namespace

void send(Domain& domain, const Command& command, int descriptor) noexcept {
    if (domain.socket == 0)
        return;
    iovec vector{const_cast<Command*>(&command), sizeof(command)};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char attached[CMSG_SPACE(sizeof(int))]{};
    if (descriptor >= 0) {
        header.msg_control = attached;
        header.msg_controllen = sizeof(attached);
        cmsghdr* const first = CMSG_FIRSTHDR(&header);
        first->cmsg_level = SOL_SOCKET;
        first->cmsg_type = SCM_RIGHTS;
        first->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(first), &descriptor, sizeof(int));
    }
    if (sendmsg(domain.socket - 1, &header, MSG_DONTWAIT | MSG_NOSIGNAL) ==
        static_cast<ssize_t>(sizeof(command))) {
        ++domain.commands;
        if (domain.words != nullptr)
            domain.words->commands_sent.store(domain.commands, Order::release);
        return;
    }
    // It is gone, which the reaper sees; or it does not take what it is told.
    if (errno != EPIPE && errno != ECONNRESET && domain.executor != nullptr)
        executor_condemn(*domain.executor, "it takes nothing that the nucleus tells it");
}

Result<Process> spawn_process(Domain& domain, const char* name, int bell) noexcept {
    const int file = programme();
    if (file < 0)
        return refuse(Status::no_resource);
    const int socket = domain.their_socket - 1;
    // Inherited, since Linux sends no ring over a socket.
    const int ring = domain.files == nullptr ? -1 : domain.files->ring();
    sigset_t all, mask;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask); // until the child has put the handlers away
    const pid_t child = vfork();
    if (child == 0)
        become_domain(socket, bell, file, ring, name);
    pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    if (child < 0)
        return refuse(Status::no_resource);
    close(socket);
    domain.their_socket = 0;
    const auto process = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    if (process < 0) {
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        return refuse(Status::no_resource);
    }
    fcntl(process, F_SETFD, FD_CLOEXEC);
    return Process{process, child};
}

void kill_process(int process) noexcept {
    syscall(SYS_pidfd_send_signal, process, SIGKILL, nullptr, 0);
}

Ending reap_process(int process) noexcept {
    siginfo_t information{};
    while (waitid(P_PIDFD, static_cast<id_t>(process), &information, WEXITED) != 0 &&
           errno == EINTR) {
    }
    return {information.si_status, information.si_code != CLD_EXITED};
}

} // namespace cw::hosted

namespace cw::kernel {

using namespace hosted;

namespace {
AllocationSite sockets{"domains.sockets"};
}

Status space_create(Domain& domain) noexcept {
    if (domain.is_kernel())
        return Status::ok;
    static std::uint64_t lives; // guarded by kernel_lock
    domain.life = ++lives;
    int ends[2];
    if (!sockets.may_allocate())
        return Status::no_resource;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return Status::no_resource;
    const int bytes = 4 << 20; // as much as the system allows
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    domain.socket = ends[0] + 1;
    domain.their_socket = ends[1] + 1;
    sockets.allocated();
    return Status::ok;
}

void space_rests(Domain& domain) noexcept {
    for (const int descriptor : {domain.socket - 1, domain.their_socket - 1}) {
        if (descriptor >= 0)
            close(descriptor);
    }
    if (domain.socket != 0)
        sockets.freed();
    domain.socket = 0;
    domain.their_socket = 0;
    if (domain.files != nullptr)
        domain.files->retire();
    domain.words = nullptr;
}

void space_destroy(Domain& domain) noexcept {
    space_rests(domain);
}

} // namespace cw::kernel
