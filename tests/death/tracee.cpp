#include "tracee.hpp"
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace death {

namespace {

std::string why_refused(int error) {
    std::string scope{"none"};
    if (std::ifstream file{"/proc/sys/kernel/yama/ptrace_scope"}; file)
        std::getline(file, scope);
    return std::string{"ptrace of a domain's process is refused: "} + std::strerror(error) +
           "; this test needs it (Yama's ptrace_scope is " + scope +
           ", 0 and 1 are enough; a container needs CAP_SYS_PTRACE or a seccomp profile that "
           "allows ptrace)";
}

[[noreturn]] void give_up(const char* what) {
    std::printf("FAILED: %s: %s\n", what, std::strerror(errno));
    std::fflush(stdout);
    _exit(1);
}

} // namespace

Tracee::Tracee(pid_t process, std::string& why) : process_{process} {
    attached_ = ptrace(PTRACE_SEIZE, process, nullptr, nullptr) == 0;
    if (!attached_)
        why = why_refused(errno);
}

Tracee::~Tracee() {
    if (!attached_ || gone_)
        return;
    if (!stopped_ && !interrupt())
        return;
    ptrace(PTRACE_DETACH, process_, nullptr, signal_);
}

/// Takes stops only, never the end, which is the nucleus' to take. Signals other than our own traps
/// are the tracee's: it has handlers for some.
Halt Tracee::wait_for_stop(const std::function<bool()>* all_done) {
    for (;;) {
        siginfo_t information{};
        const int options = WSTOPPED | (all_done != nullptr ? WNOHANG : 0);
        const int got = waitid(P_PID, static_cast<id_t>(process_), &information, options);
        if (got != 0 && errno == ECHILD) {
            gone_ = true;
            return Halt::gone;
        }
        if (got != 0 && errno == EINTR)
            continue;
        if (got != 0)
            give_up("waitid");
        if (information.si_pid == 0) { // it runs, or sleeps
            if ((*all_done)())
                return Halt::idle;
            sched_yield();
            continue;
        }
        stopped_ = true;
        const int status = information.si_status;
        trapped_ = status == SIGTRAP;
        interrupted_ = status >> 8 != 0;
        signal_ = trapped_ || interrupted_ ? 0 : status;
        return Halt::stopped;
    }
}

bool Tracee::interrupt() {
    if (stopped_)
        return true;
    if (gone_ || ptrace(PTRACE_INTERRUPT, process_, nullptr, nullptr) != 0) {
        gone_ = true;
        return false;
    }
    // A breakpoint or a signal may come first; ours follows before it executes anything more.
    while (wait_for_stop(nullptr) == Halt::stopped) {
        if (!interrupted_) {
            go_on();
        } else if (trap_is_pending()) { // of a step into the sleep that was interrupted
            go_on();
            return wait_for_stop(nullptr) == Halt::stopped;
        } else {
            return true;
        }
    }
    return false;
}

bool Tracee::trap_is_pending() const {
    siginfo_t pending[4]{};
    __ptrace_peeksiginfo_args wanted{0, 0, 4};
    const long count = ptrace(PTRACE_PEEKSIGINFO, process_, &wanted, pending);
    for (long i = 0; i < count; ++i) {
        if (pending[i].si_signo == SIGTRAP)
            return true;
    }
    return false;
}

user_regs_struct Tracee::registers() const {
    user_regs_struct all{};
    if (ptrace(PTRACE_GETREGS, process_, nullptr, &all) != 0)
        give_up("PTRACE_GETREGS");
    return all;
}

std::uint64_t Tracee::pc() const {
    errno = 0;
    const long value = ptrace(PTRACE_PEEKUSER, process_, offsetof(user_regs_struct, rip), nullptr);
    if (errno != 0)
        give_up("PTRACE_PEEKUSER");
    return static_cast<std::uint64_t>(value);
}

bool Tracee::asleep() const {
    return registers().orig_rax == SYS_ppoll;
}

bool Tracee::at_system_call(std::uint64_t address) {
    const auto [known, fresh] = system_calls_.try_emplace(address, false);
    if (fresh) {
        const long word = ptrace(PTRACE_PEEKTEXT, process_, address, nullptr);
        known->second = (word & 0xffff) == 0x050f; // syscall
    }
    return known->second;
}

Halt Tracee::step(const std::function<bool()>& all_done) {
    for (;;) {
        const bool may_sleep = at_system_call(pc());
        stopped_ = false;
        if (ptrace(PTRACE_SINGLESTEP, process_, nullptr, signal_) != 0)
            give_up("PTRACE_SINGLESTEP");
        const Halt halt = wait_for_stop(may_sleep ? &all_done : nullptr);
        if (halt == Halt::idle)
            return rest();
        if (halt == Halt::gone || trapped_)
            return halt;
    }
}

/// The first debug register: stops before the instruction is executed. 0: none.
bool Tracee::set_breakpoint(std::uint64_t address) {
    constexpr std::size_t kRegister0 = offsetof(struct user, u_debugreg[0]);
    constexpr std::size_t kControl = offsetof(struct user, u_debugreg[7]);
    if (ptrace(PTRACE_POKEUSER, process_, kControl, 0) != 0)
        return false;
    if (address == 0)
        return true;
    return ptrace(PTRACE_POKEUSER, process_, kRegister0, address) == 0 &&
           ptrace(PTRACE_POKEUSER, process_, kControl, 1) == 0;
}

/// Asleep, to be stopped by nothing any more.
Halt Tracee::rest() {
    if (!interrupt() || !set_breakpoint(0))
        return Halt::gone;
    go_on();
    return Halt::idle;
}

Halt Tracee::run_to(std::uint64_t address,
                    std::uint32_t times,
                    const std::function<bool()>& all_done) {
    if (!set_breakpoint(address))
        give_up("a breakpoint in a debug register");
    while (times != 0) {
        go_on();
        const Halt halt = wait_for_stop(&all_done);
        if (halt == Halt::gone)
            return halt;
        if (halt == Halt::idle)
            return rest();
        if (trapped_ && pc() == address)
            --times;
    }
    return set_breakpoint(0) ? Halt::stopped : Halt::gone;
}

void Tracee::go_on() {
    stopped_ = false;
    if (ptrace(PTRACE_CONT, process_, nullptr, signal_) != 0)
        give_up("PTRACE_CONT");
    signal_ = 0;
}

void Tracee::kill() {
    ::kill(process_, SIGKILL);
    gone_ = true;
    stopped_ = false;
}

} // namespace death
