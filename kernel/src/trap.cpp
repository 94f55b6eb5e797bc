#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/arch/timer.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/fault.hpp>
#include <cw/kernel/interrupts.hpp>
#include <cw/kernel/register_audit.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/trap.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/panic.hpp>

namespace cw::kernel {

namespace {

constexpr std::uint64_t kUserCall = 8;

const char* cause_name(std::uint64_t cause) noexcept {
    constexpr const char* kNames[] = {"misaligned jump",
                                      "jump to an address without code",
                                      "illegal instruction",
                                      "breakpoint",
                                      "misaligned load",
                                      "load access fault",
                                      "misaligned store",
                                      "store access fault",
                                      "call",
                                      "call from the kernel",
                                      "?",
                                      "?",
                                      "jump to an unmapped address",
                                      "read of an unmapped address",
                                      "?",
                                      "write to an unmapped or read-only address"};
    return cause < sizeof(kNames) / sizeof(kNames[0]) ? kNames[cause] : "unknown exception";
}

/// An interrupt found the stack used up, and is still to come: trap.S has put the frame elsewhere.
bool stack_is_lost(const TrapFrame& frame) noexcept {
    const Thread& self = *current();
    return (frame.status & arch::kStatusSpp) != 0 && (frame.cause & arch::kInterrupt) != 0 &&
           (frame.x[2] < self.stack_base || frame.x[2] > self.stack_top);
}

const char* cause_in_kernel(const TrapFrame& frame) noexcept {
    const Thread& self = *current();
    const std::uint64_t bottom = self.stack_top - kKernelStackPages * kPage;
    const bool in_guard = frame.value < bottom && frame.value >= bottom - kPage;
    if (in_guard || frame.x[2] < bottom || frame.x[2] > self.stack_top || stack_is_lost(frame))
        return "stack overflow";
    return cause_name(frame.cause);
}

[[noreturn]] void kernel_fault(const TrapFrame& frame) noexcept {
    log::seize();
    log::line("PANIC: {} in the kernel at {}, address {}, hart {}",
              cause_in_kernel(frame),
              Hex{frame.pc},
              Hex{frame.value},
              this_hart().index);
    print_backtrace(frame.pc, frame.x[1], frame.x[8], frame.x[2]);
    power_off(101);
}

/// True if the access that trapped is allowed by now: this hart remembered the place from before
/// something was mapped there (Privileged Architecture 1.12, 4.2.1: making an entry valid needs no
/// fence, if such faults are expected).
bool spurious_fault(const TrapFrame& frame, bool from_user) noexcept {
    const std::uint64_t right = frame.cause == 12   ? kPteExecute
                                : frame.cause == 13 ? kPteRead
                                : frame.cause == 15 ? kPteWrite
                                                    : 0;
    const Domain* domain = current()->domain;
    if (right == 0 || frame.value >= abi::kWindowEnd || (from_user && domain->ended))
        return false;
    const AddressSpace& space = from_user ? domain->space : kernel_space();
    if (CW_CSR_READ(satp) != space.satp())
        return false;
    const auto page = space.translate(frame.value);
    const std::uint64_t needed = right | (from_user ? std::uint64_t{kPteUser} : 0);
    if (page.bytes == 0 || (page.flags & (right | kPteUser)) != needed)
        return false;
    arch::flush_translations();
    return true;
}

void on_exception(TrapFrame& frame) noexcept {
    const bool from_user = (frame.status & arch::kStatusSpp) == 0;
    if (spurious_fault(frame, from_user))
        return;
    const char* cause = from_user ? cause_name(frame.cause) : cause_in_kernel(frame);
    if (registers_audited()) {
        switch (audit_access(frame, from_user)) {
        case RegisterAccess::done:
            return;
        case RegisterAccess::atomic:
            cause = "atomic instruction on a register of a device";
            break;
        case RegisterAccess::unknown:
            cause = "no plain load or store of a register of a device";
            break;
        case RegisterAccess::elsewhere:
            break;
        }
    }
    if (from_user) {
        if (frame.cause == kUserCall) { // a call number that does not exist
            frame.pc += 4;
            frame.x[10] = static_cast<std::uint64_t>(Status::invalid_argument);
            frame.x[11] = static_cast<std::uint64_t>(Status::invalid_argument);
            return;
        }
        domain_fault(*current()->domain, cause, frame); // does not return
    }
    if (!module_fault(cause, frame))
        kernel_fault(frame);
}

} // namespace

extern "C" void handle_trap(TrapFrame* frame) noexcept {
    Hart& hart = this_hart();
    ++hart.traps;
    if ((frame->cause & arch::kInterrupt) == 0 || stack_is_lost(*frame)) {
        on_exception(*frame);
    } else {
        ++hart.interrupts;
        switch (frame->cause & ~arch::kInterrupt) {
        case arch::kTimer:
            watch(*current(), *frame);
            on_timer();
            break;
        case arch::kSoftware:
            on_software_interrupt();
            break;
        case arch::kExternal:
            interrupts_handle();
            reschedule();
            break;
        default:
            kernel_fault(*frame);
        }
    }
    Thread* self = current();
    if (self->doomed && (frame->status & arch::kStatusSpp) == 0)
        thread_exit();
}

void print_backtrace(std::uint64_t pc,
                     std::uint64_t ra,
                     std::uint64_t frame_pointer,
                     std::uint64_t stack_pointer) noexcept {
    describe_address(pc);
    if (ra != pc)
        describe_address(ra);
    // Frame pointer chain of the RISC-V psABI: [fp - 8] = return address, [fp - 16] = the caller's
    // frame pointer.
    for (unsigned depth = 0; depth < 16; ++depth) {
        if (frame_pointer % 8 != 0 || frame_pointer < stack_pointer ||
            frame_pointer - stack_pointer > 64 * 1024 || frame_pointer < 16)
            return;
        std::uint64_t words[2];
        if (!read_mapped(frame_pointer - 16, words))
            return;
        if (words[1] != ra)
            describe_address(words[1]);
        stack_pointer = frame_pointer;
        frame_pointer = words[0];
    }
}

void panic(const char* what, const char* file, int line) noexcept {
    arch::disable_interrupts();
    log::seize();
    log::line("PANIC: {} ({}:{}), hart {}",
              what,
              file,
              line,
              current() == nullptr ? 0u : this_hart().index);
    // The return address may lie behind the function that called: it must not be the first frame.
    const auto fp = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
    print_backtrace(reinterpret_cast<std::uint64_t>(&panic),
                    reinterpret_cast<std::uint64_t>(__builtin_return_address(0)),
                    fp,
                    fp - 256);
    power_off(101);
}

} // namespace cw::kernel
