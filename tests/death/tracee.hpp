// A process of a domain under ptrace: stopped, stepped, run to an instruction, killed.
//
// The tracer is a thread of the process that embeds the nucleus, the parent of every domain. So the
// end of a tracee is reaped by the nucleus as ever, once, and ptrace is allowed between the two
// also where Yama restricts it to descendants (ptrace_scope 1).
// Source: ptrace(2); Linux, Documentation/admin-guide/LSM/Yama.rst.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <sys/user.h>
#include <unordered_map>

namespace death {

/// How a run of the tracee ended.
enum class Halt : std::uint8_t {
    stopped, ///< It is stopped, where it was to be.
    idle,    ///< It sleeps, and nobody has anything under way; it is left running.
    gone,    ///< It has ended.
};

/// Context: all calls on the thread that attached.
class Tracee {
public:
    /// Attaches, and leaves it running. `why` is empty, or what forbids it.
    Tracee(pid_t process, std::string& why);
    /// Detaches, and leaves it running, if it is still there.
    ~Tracee();
    Tracee(const Tracee&) = delete;
    Tracee& operator=(const Tracee&) = delete;

    /// Stops it where it is. False: it has ended.
    [[nodiscard]] bool interrupt();
    /// True if it is stopped in a sleep: ppoll has been interrupted, and goes on by itself.
    [[nodiscard]] bool asleep() const;
    /// Executes one instruction. In a system call that sleeps `all_done` is asked: once it says
    /// true and the tracee still sleeps, this is over (idle). Requires: stopped.
    [[nodiscard]] Halt step(const std::function<bool()>& all_done);
    /// Runs until it is about to execute the instruction at `address` for the `times`-th time.
    /// Requires: stopped, times >= 1.
    [[nodiscard]] Halt
    run_to(std::uint64_t address, std::uint32_t times, const std::function<bool()>& all_done);
    /// Lets it run. Requires: stopped.
    void go_on();
    /// Kills it, stopped or not; the nucleus reaps it.
    void kill();

    /// Address of the next instruction. Requires: stopped.
    [[nodiscard]] std::uint64_t pc() const;

private:
    [[nodiscard]] Halt wait_for_stop(const std::function<bool()>* all_done);
    [[nodiscard]] bool at_system_call(std::uint64_t address);
    [[nodiscard]] user_regs_struct registers() const;
    [[nodiscard]] Halt rest();
    [[nodiscard]] bool trap_is_pending() const;
    [[nodiscard]] bool set_breakpoint(std::uint64_t address);

    pid_t process_;
    bool attached_ = false;
    bool stopped_ = false;
    bool trapped_ = false;     ///< By a step or a breakpoint.
    bool interrupted_ = false; ///< By interrupt().
    int signal_ = 0;           ///< To be delivered when it goes on.
    bool gone_ = false;
    std::unordered_map<std::uint64_t, bool> system_calls_; ///< By address.
};

} // namespace death
