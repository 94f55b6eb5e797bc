// How a kernel-placed module is stopped and goes away: faults, giving up, removal.
#include "modules.hpp"
#include <cw/core/executor.hpp>
#include <cw/core/stop.hpp>
#include <cw/kernel/arch/timer.hpp>
#include <cw/kernel/log.hpp>
#include <cw/kernel/panic.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/unwind.hpp>

namespace cw::kernel {

namespace {

constexpr const char* kByAnother = "its thread was in the module that was stopped";

Pending* own_pool(const ModuleInstance& instance) noexcept {
    return reinterpret_cast<Pending*>(instance.pool->base);
}

ModuleState& state_of(const ModuleInstance& instance) noexcept {
    return *reinterpret_cast<ModuleState*>(instance.base + instance.image->module().state);
}

abi::RawFuture refuse_request(std::uint64_t*,
                              std::uint64_t,
                              std::uint64_t,
                              std::uint64_t,
                              std::uint64_t,
                              std::uint64_t,
                              std::uint64_t) noexcept {
    return {0, static_cast<std::uint64_t>(Status::peer_died)};
}

/// Closes whatever leads into a kernel-placed module, for those who come and for those who wait.
/// Code of it that another hart runs right now goes on until it returns. Locks: kernel_lock held.
void stop_instance(ModuleInstance& instance, const char* cause) noexcept {
    if (instance.stage == ModuleStage::failed)
        return; // for another thread that was in it
    const bool starting = instance.stage == ModuleStage::starting;
    stop_module(state_of(instance));
    if (instance.methods != nullptr) { // an executor may be in the middle of a batch
        auto* table = segment_view_as<abi::MethodTable>(*instance.methods);
        for (std::uint64_t i = 0; i < table->count; ++i)
            __atomic_store_n(&table->methods[i].invoke,
                             reinterpret_cast<std::uint64_t>(&refuse_request),
                             __ATOMIC_RELAXED);
    }
    refuse_direct_calls(instance);
    forget_waiters(own_pool(instance), kModulePendings);
    for (const Channel* channel = registry().channels; channel != nullptr;
         channel = channel->next) {
        if (channel->client == &instance && channel->pool != nullptr)
            forget_waiters(reinterpret_cast<Pending*>(channel->pool->base), kPoolPendings);
    }
    instance.stage = ModuleStage::failed;
    instance.start_status = Status::peer_died;
    instance.end_cause = cause;
    revoke_call_grants(instance);
    close_channels(instance);
    if (instance.removing)
        removal_step(instance); // rmmod waits for the end of it
    else if (starting)
        resume_waiter(instance, instance.waiter); // load_module() takes it back
    else
        begin_removal(instance);
}

/// Who has gone wrong: the module that gave up, or the one the processor is in or has come from.
/// After a jump to nowhere the nearest return address on the stack tells.
ModuleInstance* culprit(const Thread& self, const TrapFrame& frame) noexcept {
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
        for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
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

void begin_removal(ModuleInstance& instance) noexcept {
    instance.removing = true;
    unlink_clients(instance);
    removal_step(instance);
}

void removal_step(ModuleInstance& instance) noexcept {
    // First no slot leads to it, then its channels are closed, then its executor lets it go.
    if (!instance.removing || instance.let_go || instance.domain->ended || !links_gone(instance))
        return;
    revoke_call_grants(instance);
    close_channels(instance);
    if (!channels_unused(instance) || instance.let_go)
        return; // once more when the last client is done
    instance.let_go = true;
    if (instance.stage == ModuleStage::running)
        instance.stage = ModuleStage::stopping;
    executor_tell(*instance.executor,
                  {.kind = abi::ControlKind::remove_module,
                   .index = 0,
                   .a = instance.base + instance.image->module().state,
                   .b = 0,
                   .c = 0,
                   .d = 0,
                   .e = instance.id,
                   .f = 0,
                   .reserved = 0});
}

void refuse_callers(const ModuleInstance& instance) noexcept {
    if (!instance.domain->is_kernel())
        return; // callers within the domain are on the same executor, which has answered
    for (const ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->domain->is_kernel())
            refuse_calls(own_pool(*m), kModulePendings, state_of(instance));
    }
}

void bury(ModuleInstance& instance) noexcept {
    ExecutorRecord& executor = *instance.executor;
    const bool own_thread = instance.placement == abi::Placement::kernel;
    destroy_instance(instance);
    if (own_thread)
        kernel_executor_retire(executor);
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next)
        removal_step(*m); // it may have been the last client
}

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
