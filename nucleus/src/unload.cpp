// rmmod: from a running module to nothing.
#include "modules.hpp"
#include <cw/core/task.hpp>

namespace cw::kernel {

namespace {

/// Suspends the coroutine until the module's channels are closed and its executor has let it go.
struct Removed {
    std::uint32_t id;
    StageWaiter waiter{};

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        PromiseBase& promise = handle.promise();
        promise.ready.coroutine = handle.address();
        const Locked hold{kernel_lock};
        ModuleInstance* instance = module_by_id(id);
        if (instance == nullptr || instance->domain->ended)
            return false;
        waiter.ready = &promise.ready;
        wait_for(*instance, waiter);
        instance->removing = true;
        unlink_clients(*instance);
        removal_step(*instance);
        return true;
    }
    void await_resume() const noexcept {}
};

/// Ends the module's domain and suspends the coroutine until nothing of the module is left.
struct Ended {
    std::uint32_t id;
    StageWaiter waiter{};

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        PromiseBase& promise = handle.promise();
        promise.ready.coroutine = handle.address();
        const Locked hold{kernel_lock};
        ModuleInstance* instance = module_by_id(id);
        if (instance == nullptr || instance->mourner != nullptr)
            return false;
        waiter.ready = &promise.ready;
        instance->mourner = &waiter;
        end_domain(*instance->domain, nullptr);
        return true;
    }
    void await_resume() const noexcept {}
};

/// Who could not go on without this module; false (and says who) if there is somebody.
bool nobody_needs(const ModuleInstance& instance, TextWriter& text) noexcept {
    for (const ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        for (std::size_t i = 0;
             m != &instance && m->stage == ModuleStage::running && i < m->image->requires_().size();
             ++i) {
            const abi::RequireRecord& require = m->image->requires_()[i];
            if (m->links[i].provider == &instance && (require.flags & abi::kMethodOptional) == 0) {
                text.format("{}: in use: {} requires {}\n",
                            instance.image->name(),
                            m->image->name(),
                            m->image->text(require.name));
                return false;
            }
        }
    }
    return true;
}

} // namespace

Task<Nothing> take_out(std::uint32_t id) noexcept {
    co_await Removed{id};
    const Locked hold{kernel_lock};
    ModuleInstance* instance = module_by_id(id);
    if (instance == nullptr || instance->domain->ended)
        co_return Nothing{}; // its domain has ended meanwhile, and takes it along
    bury(*instance);
    co_return Nothing{};
}

Task<Nothing>
unload_module(std::string_view name, std::uint32_t grants, TextWriter& text) noexcept {
    std::uint32_t id = 0;
    bool alone = false;
    {
        const Locked hold{kernel_lock};
        ModuleInstance* instance = module_by_name(name);
        if (instance == nullptr || instance->nucleus || instance->removing) {
            text.format("{}: is not loaded\n", name);
            co_return refuse(Status::not_found);
        }
        if (instance->resident) {
            text.format("{}: is the programme that the nucleus is part of\n", name);
            co_return refuse(Status::not_permitted);
        }
        const bool kernel = instance->domain->is_kernel();
        if ((grants & (kernel ? kGrantLoadKernel : kGrantLoadDomain)) == 0) {
            text.format("{}: not permitted: the calling domain has no grant \"{}\"\n",
                        name,
                        kernel ? "load-kernel" : "load-domain");
            co_return refuse(Status::not_permitted);
        }
        if (instance->stage != ModuleStage::running) {
            text.format("{}: has not started yet\n", name);
            co_return refuse(Status::not_ready);
        }
        if (!nobody_needs(*instance, text))
            co_return refuse(Status::busy);
        if (!kernel && instance->domain->module_count == 1) {
            instance->removing = true;
            alone = true;
        }
        id = instance->id;
    }
    if (alone)
        co_await Ended{id};
    else
        CW_CO_CHECK(co_await take_out(id));
    text.format("unloaded {}\n", name);
    co_return Nothing{};
}

} // namespace cw::kernel
