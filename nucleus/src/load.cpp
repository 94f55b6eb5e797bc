// modprobe: from a request to running modules.
#include "modules.hpp"
#include "planning.hpp"
#include "sleep.hpp"
#include <cw/core/executor.hpp>
#include <cw/core/task.hpp>
#include <cw/nucleus/archive.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/kmem.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/variables.hpp>
#include <utility>

namespace cw::kernel {

namespace {

ModuleRegistry the_registry;

/// By number: a module may end, and its memory be used for another one, while we wait.
struct Built {
    std::uint32_t ids[loader::kMaxSteps];
    const loader::Image* images[loader::kMaxSteps];
    std::size_t count = 0;
};

/// Carries the plan out up to, not including, starting anything. Locks: kernel_lock held. On an
/// error nothing stays.
Result<Nothing> build_plan(const LoadRequest& request, Built& built, TextWriter& text) noexcept {
    const loader::Plan& plan = planning.plan;
    Domain* fresh[loader::kMaxSteps]{};
    ExecutorRecord* fresh_executors[loader::kMaxSteps]{};
    ModuleInstance* instances[loader::kMaxSteps]{};
    const Shortage shortage;
    const auto build = [&]() -> Result<Nothing> {
        for (std::size_t i = 0; i < plan.step_count; ++i) {
            const loader::Step& step = plan.steps[i];
            const loader::Image& image = *planning.candidates[step.candidate].image;
            Domain* domain = nullptr;
            ExecutorRecord* executor = nullptr;
            const std::uint32_t where = image.name() == request.name ? request.hart : 0;
            if (step.domain >= loader::kNewDomain) {
                Domain*& own = fresh[step.domain - loader::kNewDomain];
                if (own == nullptr) {
                    const loader::Image* first[loader::kMaxSteps];
                    std::size_t count = 0;
                    for (std::size_t k = i; k < plan.step_count; ++k) {
                        if (plan.steps[k].domain == step.domain)
                            first[count++] = planning.candidates[plan.steps[k].candidate].image;
                    }
                    own = CW_TRY(domain_create(image.name(),
                                               grants_of_new(request, image),
                                               image.module().stack_bytes,
                                               where,
                                               {first, count}));
                    fresh_executors[i] = own->executor;
                }
                domain = own;
                executor = domain->executor;
            } else if (step.placement == abi::Placement::kernel) {
                domain = &kernel_domain();
                executor = CW_TRY(kernel_executor_create(image.name(), where));
                fresh_executors[i] = executor;
            } else {
                domain = domain_by_id(step.domain);
                executor = domain->is_kernel() ? the_registry.worker : domain->executor;
            }
            if (!variables_suit(image, *domain, text))
                return refuse(Status::refused);
            instances[i] = CW_TRY(build_instance(image, *domain, *executor, step.placement));
            planning.instances[step.candidate] = instances[i];
            built.images[built.count] = &image;
            built.ids[built.count++] = instances[i]->id;
        }
        for (std::size_t i = 0; i < plan.edge_count; ++i) {
            const loader::Edge& edge = plan.edges[i];
            if (edge.path == loader::Path::none) {
                unlink_edge(*planning.instances[edge.client], edge.require, false);
                continue;
            }
            CW_CHECK_OK(link_edge(*planning.instances[edge.client],
                                  edge.require,
                                  *planning.instances[edge.provider],
                                  edge.provide,
                                  edge.path));
        }
        return Nothing{};
    };
    if (const auto result = build(); !result) {
        text.format("{}: could not be built: {}", request.name, name_of(result.error()));
        if (const std::string_view site = shortage.site(); !site.empty())
            text.format(" for {}", site);
        text.put('\n');
        channels_take_back();
        for (ModuleInstance* instance : instances) {
            if (instance == nullptr)
                continue;
            instance->stage = ModuleStage::failed;
            destroy_instance(*instance);
        }
        for (ExecutorRecord* executor : fresh_executors) {
            if (executor != nullptr)
                executor_discard(*executor);
        }
        built.count = 0;
        return refuse(result.error());
    }
    channels_tell();
    for (ExecutorRecord* executor : fresh_executors) {
        if (executor != nullptr)
            executor_start(*executor);
    }
    return Nothing{};
}

/// Suspends the coroutine until the module has started or failed.
struct Started {
    std::uint32_t id;
    StageWaiter waiter{
        .ready = nullptr, .stage = ModuleStage::failed, .cause = "its domain has ended"};

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        PromiseBase& promise = handle.promise();
        promise.ready.coroutine = handle.address();
        const Locked hold{kernel_lock};
        ModuleInstance* instance = module_by_id(id);
        if (instance == nullptr || instance->stage != ModuleStage::starting)
            return false;
        if (!executor_listens(*instance->executor, 1)) {
            waiter.cause = "its executor takes nothing that the kernel tells it";
            return false;
        }
        const loader::Image& image = *instance->image;
        const abi::ModuleRecord& record = image.module();
        waiter.ready = &promise.ready;
        wait_for(*instance, waiter);
        executor_tell(*instance->executor,
                      {.kind = abi::ControlKind::add_module,
                       .index = 0,
                       .a = instance->base + record.state,
                       .b = image.init_count() == 0 ? 0 : instance->base + image.init_address(),
                       .c = image.init_count(),
                       .d = record.start == 0 ? 0 : instance->base + record.start,
                       .e = instance->id,
                       .f = kModulePendings,
                       .reserved = 0});
        return true;
    }
    const StageWaiter& await_resume() const noexcept { return waiter; }
};

/// The modules from `first` on did not start, or are not to start any more: they go.
Task<Nothing> take_back(Built built, std::size_t first) noexcept {
    for (std::size_t i = built.count; i-- > first;) {
        {
            const Locked hold{kernel_lock};
            ModuleInstance* instance = module_by_id(built.ids[i]);
            if (instance == nullptr || instance->domain->ended)
                continue;
            if (!instance->domain->is_kernel() && instance->domain->module_count == 1) {
                end_domain(*instance->domain, "a module did not start");
                continue;
            }
        }
        CW_CO_CHECK(co_await take_out(built.ids[i]));
    }
    co_return Nothing{};
}

bool allowed(const LoadRequest& request, TextWriter& text) noexcept {
    const bool kernel = request.placement == abi::Placement::kernel ||
                        request.placement == abi::Placement::sync_caller ||
                        (request.placement == abi::Placement::domain && request.domain == 0);
    if (request.placement > abi::Placement::domain) {
        text.format("{}: there is no placement number {}\n",
                    request.name,
                    static_cast<std::uint32_t>(request.placement));
        return false;
    }
    if (request.hart > hart_count()) {
        text.format("{}: there is no hart {}; the last one is {}\n",
                    request.name,
                    request.hart - 1,
                    hart_count() - 1);
        return false;
    }
    const std::uint32_t needed = kernel ? kGrantLoadKernel : kGrantLoadDomain;
    if ((request.grants & needed) != 0)
        return true;
    text.format("{}: not permitted: the calling domain has no grant \"{}\"\n",
                request.name,
                kernel ? "load-kernel" : "load-domain");
    return false;
}

} // namespace

ModuleRegistry& registry() noexcept {
    return the_registry;
}
ModuleInstance* all_modules() noexcept {
    return the_registry.modules;
}

ModuleInstance* module_by_name(std::string_view name) noexcept {
    for (ModuleInstance* m = the_registry.modules; m != nullptr; m = m->next) {
        if (m->image->name() == name && m->stage != ModuleStage::failed)
            return m;
    }
    return nullptr;
}

void modules_initialise() noexcept {
    for (std::uint32_t i = 0; i < archive_count(); ++i) {
        const ArchiveFile file = archive_file(i);
        if (file.kind != abi::ArchiveKind::module)
            continue;
        if (const auto added = module_file_add(file.data, file.name); !added)
            log::write(added.error().view());
    }
}

namespace {

/// A module that has died has something still that one of this name will want: its devices, and
/// what it was doing in shared heaps. They are given back last, when no thread is left that could
/// touch them, and by then its callers have long been told.
bool is_being_buried(std::string_view name) noexcept {
    const Locked hold{kernel_lock};
    for (const ModuleInstance* m = the_registry.modules; m != nullptr; m = m->next) {
        if (m->stage == ModuleStage::failed &&
            (!m->image->devices().empty() || m->image->name() == name))
            return true;
    }
    return false;
}

} // namespace

Task<Nothing> load_module(LoadRequest request, TextWriter& text) noexcept {
    // Whoever loads a module again after its end, or the next driver, need not try again. A module
    // that cannot be ended for a second keeps what it has.
    constexpr int kLooks = 100;
    constexpr std::uint64_t kBetween = 10; // ms
    for (int looks = 0; !request.dry_run && looks < kLooks && is_being_buried(request.name);
         ++looks)
        static_cast<void>(co_await sleep_ms(kBetween));
    Built built;
    {
        if (!allowed(request, text))
            co_return refuse(Status::not_permitted);
        const Locked hold{kernel_lock};
        CW_CO_TRY(choices, plan_load(request, text));
        if (request.dry_run) {
            if (!variables_would_suit(request, text))
                co_return refuse(Status::refused);
            co_return Nothing{};
        }
        const auto result = build_plan(request, built, text);
        if (!result)
            co_return refuse(result.error());
        for (std::size_t i = 0; i < built.count; ++i) {
            if (built.images[i]->name() != request.name)
                continue;
            ModuleInstance& instance = *module_by_id(built.ids[i]);
            instance.ring_only = choices.ring_only;
            instance.remote_only = choices.remote_only;
        }
    }
    for (std::size_t i = 0; i < built.count; ++i) {
        const StageWaiter outcome = co_await Started{built.ids[i]};
        {
            const Locked hold{kernel_lock};
            const ModuleInstance* instance = module_by_id(built.ids[i]);
            if (outcome.stage == ModuleStage::running) {
                if (instance != nullptr)
                    log::line(
                        "@module name={} base={}", instance->image->name(), Hex{instance->base});
                continue;
            }
        }
        text.format("{}: did not start: {}\n", built.images[i]->name(), outcome.cause);
        CW_CO_CHECK(co_await take_back(built, i));
        co_return refuse(Status::refused);
    }
    co_return Nothing{};
}

void resume_waiter(ModuleInstance& instance, StageWaiter*& waiting) noexcept {
    StageWaiter* const waiter = std::exchange(waiting, nullptr);
    if (waiter == nullptr)
        return;
    waiter->stage = instance.stage;
    waiter->cause =
        instance.end_cause != nullptr ? instance.end_cause : name_of(instance.start_status);
    // Threads are buried wherever the scheduler comes by, in an executor's own wait as well, behind
    // its last look at its lists.
    runtime::push_from_outside(*waiter->ready->module->home, *waiter->ready);
}

} // namespace cw::kernel
