// Faults of kernel-placed modules.
#include <cw/core/executor.hpp>
#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/arch/timer.hpp>
#include <cw/kernel/fault.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/unwind.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/panic.hpp>

namespace cw::kernel {

namespace {

constexpr const char* kByAnother = "its thread was in the module that was stopped";

/// Who has gone wrong: the module that gave up, or the one the processor is in or has come from.
/// After a jump to nowhere the nearest return address on the stack tells. Types that a module has
/// borrowed are its own affair.
ModuleInstance* culprit(const Thread& self, const TrapFrame& frame) noexcept {
    if (ModuleInstance* m = borrower_running(self, frame))
        return m;
    if (self.giving_up != nullptr)
        return self.giving_up;
    for (const std::uint64_t address : {frame.pc, frame.x[1]}) {
        if (ModuleInstance* m = module_at(address))
            return m;
    }
    if (is_kernel_code(frame.pc))
        return nullptr;
    ModuleInstance* found = nullptr;
    for_each_stack_word(self, frame.x[2], [&](std::uint64_t word) {
        if (found == nullptr && is_return_address(word))
            found = module_at(word);
    });
    return found;
}

[[noreturn]] void run_again() noexcept {
    arch::enable_interrupts();
    executor_run(*current()->executor->executor);
}

/// A module that has lost the frames it had on this stack, with the guilty one's.
void stop_bystander(ModuleInstance& instance) noexcept {
    if (instance.stage == ModuleStage::failed)
        return;
    log::line("{}: stopped: {}", instance.image->name(), kByAnother);
    stop_instance(instance, kByAnother);
}

/// The caller could not be found. Leaves all frames behind: other modules that have some, and the
/// one whose executor this is, are stopped as well. An executor starts its loop again; a user
/// thread that was passing through cannot go back, since registers its code relies on were saved in
/// those frames: its domain ends.
[[noreturn]] void abandon_stack(Thread& self, std::uint64_t sp) noexcept {
    {
        const Locked hold{kernel_lock};
        for_each_stack_word(self, sp, [](std::uint64_t word) {
            if (ModuleInstance* m = is_return_address(word) ? module_at(word) : nullptr)
                stop_bystander(*m);
        });
        for (ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
            if (m->executor == self.executor && m->placement == abi::Placement::kernel)
                stop_bystander(*m);
        }
        if (!self.domain->is_kernel()) {
            log::line("{}: ended: {}", self.domain->name, kByAnother);
            end_domain(*self.domain, kByAnother);
        }
    }
    if (!self.domain->is_kernel())
        thread_exit();
    CW_CSR_WRITE(satp, self.kernel_satp);
    asm volatile("mv sp, %0\n jr %1" ::"r"(self.stack_top), "r"(&run_again) : "memory");
    __builtin_unreachable();
}

} // namespace

bool module_fault(const char* cause, TrapFrame& frame) noexcept {
    Thread& self = *current();
    if (self.giving_up == nullptr && is_kernel_code(frame.pc) && is_kernel_code(frame.x[1]))
        return false; // before the lock, which this code may hold
    {
        const Locked hold{kernel_lock};
        ModuleInstance* const guilty = culprit(self, frame);
        if (guilty == nullptr || !guilty->domain->is_kernel() || guilty->nucleus)
            return false;
        if (self.giving_up != nullptr)
            cause = "it gave up";
        log::line("{}: stopped: {} at {}, address {}; it ran in the kernel, which shares its fate "
                  "from here on",
                  guilty->image->name(),
                  cause,
                  Hex{frame.pc},
                  Hex{frame.value});
        print_backtrace(frame.pc, frame.x[1], frame.x[8], frame.x[2]);
        self.giving_up = nullptr;
        stop_instance(*guilty, cause);
        if (return_to_caller(self, *guilty, frame))
            return true;
    }
    abandon_stack(self, frame.x[2]);
}

void module_failed_in_kernel(ModuleState& state, std::string_view message) noexcept {
    {
        const Locked hold{kernel_lock};
        ModuleInstance* const instance = module_by_id(state.id);
        if (instance == nullptr || instance->nucleus)
            panic("the nucleus gave up", "stop", 0);
        log::line("{}: {}", instance->image->name(), message);
        current()->giving_up = instance;
    }
    asm volatile("ebreak");
    __builtin_unreachable();
}

} // namespace cw::kernel
