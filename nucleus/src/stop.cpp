// How a kernel-placed module is stopped, and how any goes away.
#include "modules.hpp"
#include <cw/core/executor.hpp>
#include <cw/core/stop.hpp>
#include <cw/nucleus/cells.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/trace.hpp>
#include <cw/nucleus/variables.hpp>

namespace cw::kernel {

namespace {

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

} // namespace

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
    trace_module(instance, trace::ModuleNews::broken);
    variables_end(instance);
    cells_end(instance);
    revoke_call_grants(instance);
    close_channels(instance);
    if (instance.removing)
        removal_step(instance); // rmmod waits for the end of it
    else if (starting)
        resume_waiter(instance, instance.waiter); // load_module() takes it back
    else
        begin_removal(instance);
}

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

} // namespace cw::kernel
