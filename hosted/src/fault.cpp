// Faults of modules that run in the nucleus process: stopped where the nucleus can still vouch for
// itself, as in a kernel.
#include "../domain/confine.hpp"
#include "host.hpp"
#include "unwind.hpp"
#include <algorithm>
#include <csignal>
#include <cstring>
#include <cw/core/executor.hpp>
#include <cw/core/text.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/panic.hpp>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

// platform::fail(module, message, length): nothing has changed yet when it traps, so its caller is
// found as after any other fault.
asm(".globl _ZN2cw8platform4failEPNS_11ModuleStateEPKcm\n"
    ".hidden _ZN2cw8platform4failEPNS_11ModuleStateEPKcm\n"
    "_ZN2cw8platform4failEPNS_11ModuleStateEPKcm:\n"
    "    ud2\n");

namespace cw::hosted {

namespace {

constexpr const char* kByAnother = "its thread was in the module that was stopped";
constexpr const char* kGaveUp = "it gave up";
/// The watchdog interrupts a thread that makes no progress. The thread sanitizer puts signals off
/// until the thread calls something that it knows, except those of faults.
constexpr int kLoops = sanitizer::kOneView ? SIGSYS : SIGURG;

bool in_window(std::uint64_t address) noexcept {
    return address >= abi::kWindowBase && address < abi::kWindowEnd;
}

/// A module that has lost the frames it had on this stack, with the guilty one's.
void stop_bystander(ModuleInstance& instance) noexcept {
    if (instance.stage == ModuleStage::failed)
        return;
    log::line("{}: stopped: {}", instance.image->name(), kByAnother);
    stop_instance(instance, kByAnother);
}

/// Who has gone wrong: the module that gave up, or the one the processor is in or has come from.
/// After a jump to nowhere the nearest return address on the stack tells. Types that a module has
/// borrowed are its own affair. Null: the nucleus itself. Locks: kernel_lock held.
ModuleInstance* culprit(const Thread& self, const loader::FrameRegisters& at) noexcept {
    if (ModuleInstance* m = borrower_running(self, at))
        return m;
    if (ModuleInstance* m = module_at(at.pc))
        return m;
    if (is_nucleus_code(at.pc)) {
        // A function of the nucleus that a module called with what is none of its own.
        const auto caller = caller_of(self, at);
        return caller ? module_at(caller->pc) : nullptr;
    }
    ModuleInstance* found = nullptr;
    for_each_stack_word(self, stack_pointer(at), [&](std::uint64_t word) {
        if (found == nullptr && is_return_address(word))
            found = module_at(word);
    });
    return found;
}

/// The caller could not be found. Leaves all frames behind: other modules that have some, and the
/// one whose executor this is, are stopped as well. An executor starts its loop again; a thread
/// that was passing through for a user domain ends with that. False: the frames are a programme's,
/// which does not go on without them. Locks: kernel_lock held.
bool abandon_stack(Thread& self, loader::FrameRegisters& at) noexcept {
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        if (m->executor == self.executor && m->resident)
            return false;
    }
    for_each_stack_word(self, stack_pointer(at), [](std::uint64_t word) {
        if (ModuleInstance* m = is_return_address(word) ? module_at(word) : nullptr)
            stop_bystander(*m);
    });
    for (ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        if (m->executor == self.executor && m->placement == abi::Placement::kernel)
            stop_bystander(*m);
    }
    if (!self.domain->is_kernel() && !self.domain->ended) {
        log::line("{}: ended: {}", self.domain->name, kByAnother);
        end_domain(*self.domain, kByAnother);
    }
    leave_frames(self, at);
    return true;
}

/// False: it was the nucleus, which cannot vouch for itself any more.
bool module_fault(Thread& self,
                  const char* cause,
                  std::uint64_t address,
                  loader::FrameRegisters& at) noexcept {
    if (kernel_lock.is_mine())
        return false;
    const Locked hold{kernel_lock};
    ModuleInstance* const guilty = culprit(self, at);
    if (guilty == nullptr || !guilty->domain->is_kernel() || guilty->nucleus)
        return false;
    if (gives_up(at)) {
        char message[200];
        const std::uint64_t wanted = std::min(at.r[1], std::uint64_t{sizeof(message)});
        std::size_t size = read_domain(kernel_domain(), at.r[4], message, wanted);
        if (wanted != 0 && in_stack(self, at.r[4]) && in_stack(self, at.r[4] + wanted - 1)) {
            std::memcpy(message, reinterpret_cast<const void*>(at.r[4]), wanted);
            size = wanted;
        }
        log::line("{}: {}", guilty->image->name(), std::string_view{message, size});
        cause = kGaveUp;
    }
    log::line("{}: stopped: {} at {}, address {}; it ran in the kernel, which shares its fate "
              "from here on",
              guilty->image->name(),
              cause,
              Hex{at.pc},
              Hex{address});
    describe_stack(self, at);
    stop_instance(*guilty, cause);
    self.progress_seen = ~self.progress_seen; // what runs on this thread next has its time anew
    return return_to_caller(self, *guilty, at) || abandon_stack(self, at);
}

const char* cause_of(const Thread& self,
                     int signal,
                     const ucontext_t& context,
                     std::uint64_t address) noexcept {
    const auto stack = static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RSP]);
    if (signal == SIGSEGV && (in_guard(self, address) || !in_stack(self, stack)))
        return "stack overflow";
    return cause_of_fault(signal,
                          static_cast<std::uint32_t>(context.uc_mcontext.gregs[REG_TRAPNO]),
                          static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_ERR]));
}

struct sigaction former[NSIG]; ///< What was to happen at a signal when the nucleus began.

/// A signal that is no module's: what would happen without us. A fault that nobody handles comes
/// again when its instruction does, and ends the process then, with a core file if that is wanted.
void pass_on(int signal, siginfo_t* information, void* context) noexcept {
    const struct sigaction& earlier = former[signal];
    if ((earlier.sa_flags & SA_SIGINFO) != 0)
        earlier.sa_sigaction(signal, information, context);
    else if (earlier.sa_handler != SIG_DFL && earlier.sa_handler != SIG_IGN)
        earlier.sa_handler(signal);
    else if (signal != kLoops) // at which nothing happens by default
        std::signal(signal, SIG_DFL);
}

void on_fault(int signal, siginfo_t* information, void* given) noexcept {
    auto& context = *static_cast<ucontext_t*>(given);
    loader::FrameRegisters at = registers_of(context);
    const std::uint64_t address = signal == SIGSEGV || signal == SIGBUS
                                      ? reinterpret_cast<std::uint64_t>(information->si_addr)
                                      : 0;
    Thread* const self = current();
    if (self != nullptr && self->executor != nullptr &&
        module_fault(*self, cause_of(*self, signal, context, address), address, at)) {
        put_registers(context, at);
        return;
    }
    if (self != nullptr || settings().system) {
        log::seize();
        log::print(Text<320>{
            "PANIC: {} in {} at {}, address {}",
            cause_of_fault(signal,
                           static_cast<std::uint32_t>(context.uc_mcontext.gregs[REG_TRAPNO]),
                           static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_ERR])),
            settings().system ? "the nucleus" : "the nucleus, or a coroutine of the programme",
            Hex{at.pc},
            Hex{address}}
                       .view());
        describe_address(at.pc);
        restore_terminal();
    }
    pass_on(signal, information, given);
}

/// The watchdog thinks that this thread makes no progress. Only in a module's own code: the nucleus
/// may hold a lock.
void on_loop(int signal, siginfo_t* information, void* given) noexcept {
    auto& context = *static_cast<ucontext_t*>(given);
    loader::FrameRegisters at = registers_of(context);
    Thread* const self = current();
    if (self == nullptr || !self->suspected.exchange(false, Order::relaxed)) {
        pass_on(signal, information, given);
        return;
    }
    if (self->executor == nullptr || !in_window(at.pc))
        return;
    if (module_fault(*self, kNoProgress, 0, at))
        put_registers(context, at);
}

} // namespace

const char* cause_of_fault(int signal, std::uint32_t trap, std::uint64_t error) noexcept {
    constexpr std::uint32_t kPageFault = 14, kProtection = 13;
    constexpr std::uint64_t kWrite = 2, kFetch = 16;
    if (trap == kPageFault)
        return (error & kFetch) != 0   ? "jump to an unmapped address"
               : (error & kWrite) != 0 ? "write to an unmapped or read-only address"
                                       : "read of an unmapped address";
    switch (signal) {
    case SIGILL:
        return "illegal instruction";
    case SIGTRAP:
        return "breakpoint";
    case SIGFPE:
        return "arithmetic fault";
    case SIGBUS:
        return "bus error";
    default:
        return trap == kProtection ? "access to an impossible address" : "unknown exception";
    }
}

void catch_module_faults() noexcept {
    struct sigaction action{};
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    action.sa_sigaction = &on_fault;
    for (const int signal : {SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGTRAP})
        sigaction(signal, &action, &former[signal]);
    action.sa_flags |= SA_RESTART;
    action.sa_sigaction = &on_loop;
    sigaction(kLoops, &action, &former[kLoops]);
}

void interrupt_loop(Thread& thread) noexcept {
    thread.suspected.store(true, Order::relaxed);
    pthread_kill(thread.thread, kLoops);
}

} // namespace cw::hosted
