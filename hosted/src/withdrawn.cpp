// Memory that was taken back from a domain which lives on: that its process really has let go of
// it. The process carries the command out itself, and a module in it may keep what it was shown: a
// mapping at another address, a descriptor, a command that it does not read.
// docs/decisions/007-who-holds-on-is-ended.md says why it is done like this.
#include "host.hpp"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <cw/nucleus/modules.hpp>
#include <dirent.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace cw::hosted {

namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
/// As with one that does not answer the nucleus (nucleus/src/hurry.cpp): who sleeps is woken, and
/// reads its commands; who runs is ended by the watchdog before.
constexpr std::uint64_t kPatienceAsleep = 2'000 * kMillisecond,
                        kPatienceRunning = 10'000 * kMillisecond;
/// Whatever the clock says: on a busy machine neither it nor we may have run meanwhile.
constexpr unsigned kFewestLooks = 20;
constexpr const char* kHoldsOn = "it holds on to memory that was taken back";
constexpr const char* kDeaf = "it does not give memory back that was taken from it";

struct Withdrawal {
    std::uint64_t number; ///< Later ones have larger ones.
    std::uint32_t domain;
    std::uint64_t life;     ///< Of the domain: its number is used again.
    std::uint64_t commands; ///< Done once so many are done.
    std::uint64_t inode;    ///< Of the memfd.
    std::uint64_t since_ns;
    unsigned looks = 0; ///< How often it was found not to have done what it was told.
};
std::vector<Withdrawal> withdrawals; // guarded by kernel_lock, as is:
std::uint64_t last_number;

std::uint64_t inode_of(const Segment& segment) noexcept {
    struct stat status{};
    return fstat(segment.memory - 1, &status) == 0 ? status.st_ino : 0;
}

/// Null if that domain has ended.
Domain* domain_of(const Withdrawal& withdrawal) noexcept {
    Domain* const domain = domain_by_id(withdrawal.domain);
    const bool same = domain != nullptr && domain->life == withdrawal.life;
    return same && domain->executor != nullptr && domain->executor->thread != nullptr ? domain
                                                                                      : nullptr;
}

/// It has been found again not to have done what it was told: wakes it, or ends it at last.
/// Locks: kernel_lock held.
void hurry(Withdrawal& withdrawal, Domain& domain) noexcept {
    Thread& thread = *domain.executor->thread;
    const std::uint64_t waited = platform::now() - withdrawal.since_ns;
    const bool long_enough =
        waited >= kPatienceRunning || (waited >= kPatienceAsleep && thread_sleeps(thread));
    if (++withdrawal.looks >= kFewestLooks && long_enough)
        executor_condemn(*domain.executor, kDeaf);
    thread_wake(thread);
}

/// What is looked for in one process.
struct Search {
    std::uint32_t domain;
    std::uint64_t life;
    int process, pid;
    std::uint64_t last; ///< Withdrawal that there was when it began.
    std::vector<std::uint64_t> inodes;

    /// What was shown once more meanwhile, seen then, and taken back again, is for the next one.
    [[nodiscard]] bool concerns(const Withdrawal& withdrawal) const noexcept {
        return withdrawal.domain == domain && withdrawal.life == life && withdrawal.number <= last;
    }
    [[nodiscard]] bool wants(std::uint64_t inode) const noexcept {
        return std::ranges::find(inodes, inode) != inodes.end();
    }
};

/// Stops a process for as long as this lives, so that it cannot move a descriptor from where is
/// still to be looked to where has been looked.
class Standstill {
public:
    explicit Standstill(int process) noexcept : process_{process} {
        constexpr unsigned kLooks = 2'000; // a tenth of a second
        syscall(SYS_pidfd_send_signal, process, SIGSTOP, nullptr, 0);
        for (unsigned looks = 0; looks < kLooks && !stands_; ++looks) {
            siginfo_t information{};
            if (waitid(P_PIDFD,
                       static_cast<id_t>(process),
                       &information,
                       WSTOPPED | WEXITED | WNOWAIT | WNOHANG) != 0)
                return;
            stands_ = information.si_code == CLD_STOPPED;
            if (information.si_pid != 0 && !stands_)
                return; // it has ended
            const timespec pause{0, 50'000};
            if (!stands_)
                nanosleep(&pause, nullptr);
        }
    }
    ~Standstill() { syscall(SYS_pidfd_send_signal, process_, SIGCONT, nullptr, 0); }
    Standstill(const Standstill&) = delete;
    Standstill& operator=(const Standstill&) = delete;

    /// False: it has ended, or something else holds it, a debugger for instance.
    [[nodiscard]] bool stands() const noexcept { return stands_; }

private:
    int process_;
    bool stands_ = false;
};

/// What cannot be looked at counts as held.
bool holds_descriptor(const Search& search) noexcept {
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd", search.pid);
    DIR* const folder = opendir(path);
    if (folder == nullptr)
        return true;
    bool held = false;
    while (const dirent* entry = readdir(folder)) {
        struct stat status{};
        held = held || (fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 &&
                        S_ISREG(status.st_mode) && search.wants(status.st_ino));
    }
    closedir(folder);
    return held;
}

bool holds_mapping(const Search& search) noexcept {
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/maps", search.pid);
    FILE* const maps = fopen(path, "re");
    if (maps == nullptr)
        return true;
    bool held = false;
    char line[512];
    while (!held && fgets(line, sizeof(line), maps) != nullptr) {
        unsigned long long inode = 0; // addresses, rights, offset, device, inode
        held =
            sscanf(line, "%*s %*s %*s %*s %llu", &inode) == 1 && inode != 0 && search.wants(inode);
    }
    fclose(maps);
    return held;
}

/// True if nothing that was sent to the domain waits to be received: a descriptor could lie there.
/// Locks: kernel_lock held.
bool has_received_all(const Domain& domain) noexcept {
    int bytes = 0;
    return domain.socket != 0 && ioctl(domain.socket - 1, SIOCOUTQ, &bytes) == 0 && bytes == 0;
}

/// What is to be looked for now. Wakes who has not done yet what it was told, ends who never does,
/// forgets who has ended.
std::vector<Search> begin_searches() noexcept {
    std::vector<Search> searches;
    const Locked hold{kernel_lock};
    std::erase_if(withdrawals, [](const Withdrawal& one) { return domain_of(one) == nullptr; });
    for (Withdrawal& one : withdrawals) {
        Domain& domain = *domain_of(one);
        // Untrusted: who says so falsely is found out.
        if (commands_done(domain) < one.commands) {
            hurry(one, domain);
            continue;
        }
        const Thread& thread = *domain.executor->thread;
        auto search = std::ranges::find_if(
            searches, [&](const Search& other) { return other.concerns(one); });
        if (search == searches.end())
            search = searches.insert(
                search, Search{one.domain, one.life, thread.process, thread.pid, last_number, {}});
        search->inodes.push_back(one.inode);
    }
    return searches;
}

/// Context: the reaper, so that the process is not reaped meanwhile.
void carry_out(const Search& search) noexcept {
    const Standstill standstill{search.process};
    if (!standstill.stands())
        return; // next time
    {
        const Locked hold{kernel_lock};
        Domain* const domain = domain_by_id(search.domain);
        if (domain == nullptr || domain->life != search.life)
            return;
        if (!has_received_all(*domain)) {
            for (Withdrawal& one : withdrawals) {
                if (search.concerns(one) && domain_of(one) != nullptr)
                    hurry(one, *domain);
            }
            return;
        }
    }
    // Descriptors first: without one, no further mapping comes into being.
    const bool held = holds_descriptor(search) || holds_mapping(search);
    const Locked hold{kernel_lock};
    bool still_withdrawn = false; // and not shown to it again since
    std::erase_if(withdrawals, [&](const Withdrawal& one) {
        const bool looked_for = search.concerns(one) && search.wants(one.inode);
        still_withdrawn = still_withdrawn || looked_for;
        return looked_for;
    });
    Domain* const domain = domain_by_id(search.domain);
    if (held && still_withdrawn && domain != nullptr && domain->life == search.life)
        executor_condemn(*domain->executor, kHoldsOn);
}

} // namespace

std::uint64_t commands_done(const Domain& domain) noexcept {
    const auto* page = segment_view_as<const CallPage>(*domain.executor->run, kHostOffset);
    return __atomic_load_n(&page->commands_done, __ATOMIC_ACQUIRE);
}

void note_withdrawn(const Segment& segment, const Domain& domain) noexcept {
    if (domain.ended || domain.words == nullptr || segment.memory == 0)
        return;
    withdrawals.push_back({++last_number,
                           domain.id,
                           domain.life,
                           domain.commands,
                           inode_of(segment),
                           platform::now()});
}

void note_shown(const Segment& segment, const Domain& domain) noexcept {
    if (withdrawals.empty() || segment.memory == 0)
        return;
    const std::uint64_t inode = inode_of(segment);
    std::erase_if(withdrawals, [&](const Withdrawal& one) {
        return one.domain == domain.id && one.inode == inode;
    });
}

void check_withdrawn() noexcept {
    for (const Search& search : begin_searches())
        carry_out(search);
}

} // namespace cw::hosted
