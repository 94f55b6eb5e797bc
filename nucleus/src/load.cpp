// modprobe: from a request to running modules.
#include "modules.hpp"
#include "sleep.hpp"
#include <cstring>
#include <cw/abi/archive.hpp>
#include <cw/core/executor.hpp>
#include <cw/core/ring_submit.hpp>
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

/// What the planner is given, and what it gives; too large for a stack, guarded by kernel_lock.
struct Planning {
    loader::Candidate candidates[kMaxFiles + 64];
    ModuleInstance* instances[kMaxFiles + 64]; ///< Null for files.
    std::size_t count;
    loader::DomainId domains[kMaxDomains];
    std::size_t domain_count;
    loader::LinkChoice links[16];
    std::size_t link_count;
    loader::Plan plan;
};
Planning planning;

std::string_view placement_name(abi::Placement placement) noexcept {
    switch (placement) {
    case abi::Placement::kernel:
        return "kernel";
    case abi::Placement::user_process:
        return "user-process";
    case abi::Placement::sync_caller:
        return "sync-caller";
    default:
        return "domain";
    }
}

void gather() noexcept {
    planning.count = 0;
    planning.domain_count = 0;
    for (ModuleInstance* m = the_registry.modules; m != nullptr; m = m->next) {
        if (m->stage == ModuleStage::failed || m->stage == ModuleStage::stopping)
            continue;
        planning.instances[planning.count] = m;
        planning.candidates[planning.count++] = {
            m->image, true, m->nucleus, m->placement, m->domain->id};
    }
    for (std::size_t i = 0; i < the_registry.file_count; ++i) {
        bool loaded = false;
        for (std::size_t k = 0; k < planning.count && !loaded; ++k)
            loaded = planning.candidates[k].image == the_registry.files[i];
        if (!loaded) {
            planning.instances[planning.count] = nullptr;
            planning.candidates[planning.count++] = {
                the_registry.files[i], false, false, abi::Placement::kernel, 0};
        }
    }
    for (std::uint32_t id = 0; id < kMaxDomains; ++id) {
        if (domain_by_id(id) != nullptr)
            planning.domains[planning.domain_count++] = id;
    }
}

/// "METHOD=PATH ..." into link choices; false if a word is not one.
bool parse_links(std::string_view text, TextWriter& out) noexcept {
    planning.link_count = 0;
    while (!text.empty()) {
        const std::size_t end = text.find(' ');
        const std::string_view word = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (word.empty())
            continue;
        const std::size_t equals = word.find('=');
        const loader::Path path = equals == std::string_view::npos
                                      ? loader::Path::none
                                      : loader::path_of(word.substr(equals + 1));
        if (path == loader::Path::none || planning.link_count == std::size(planning.links)) {
            out.format("--link {}: want METHOD=direct, METHOD=syscall, METHOD=ring or "
                       "METHOD=remote\n",
                       word);
            return false;
        }
        planning.links[planning.link_count++] = {word.substr(0, equals), path};
    }
    return true;
}

/// What was asked for the clients of the module to be loaded that run already.
struct ClientChoices {
    const loader::Image* image = nullptr; ///< The module.
    std::uint64_t ring_only = 0;          ///< Bit per method, as in ModuleInstance.
    std::uint64_t remote_only = 0;
};

/// Takes out of the link choices those that speak of what the module itself provides: they are for
/// clients that are loaded already, which the plan knows nothing of.
ClientChoices take_choices_for_clients(std::string_view name) noexcept {
    ClientChoices choices;
    const loader::Image*& image = choices.image;
    for (std::size_t i = 0; i < planning.count && image == nullptr; ++i) {
        if (planning.instances[i] == nullptr && planning.candidates[i].image->name() == name)
            image = planning.candidates[i].image;
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < planning.link_count; ++i) {
        const loader::LinkChoice choice = planning.links[i];
        std::uint64_t methods = 0;
        for (std::size_t k = 0; image != nullptr && k < image->provides().size(); ++k) {
            const std::string_view method = image->text(image->provides()[k].name);
            if (method == choice.method || method.substr(0, method.find('.')) == choice.method)
                methods |= std::uint64_t{1} << k;
        }
        if (methods != 0 && choice.path == loader::Path::ring)
            choices.ring_only |= methods;
        else if (methods != 0 && choice.path == loader::Path::remote)
            choices.remote_only |= methods;
        else
            planning.links[kept++] = choice;
    }
    planning.link_count = kept;
    return choices;
}

/// As the planner refuses it for edges of its plan. False: `out` says why.
bool may_bring_stubs(const ClientChoices& choices,
                     abi::Placement placement,
                     TextWriter& out) noexcept {
    const bool user =
        placement == abi::Placement::user_process || placement == abi::Placement::domain;
    for (std::size_t k = 0; choices.remote_only >> k != 0; ++k) {
        if ((choices.remote_only >> k & 1) == 0)
            continue;
        const abi::ProvideRecord& provide = choices.image->provides()[k];
        const std::string_view method = choices.image->text(provide.name);
        if (provide.remote_stub == 0 || provide.remote_layout != kSubmitLayout) {
            out.format("--link {}=remote: {} brings no stub of its own that fits this kernel\n",
                       method,
                       choices.image->name());
            return false;
        }
        for (const ModuleInstance* m = the_registry.modules; m != nullptr && user; m = m->next) {
            for (const abi::RequireRecord& require : m->image->requires_()) {
                if (!m->domain->is_kernel() || require.hash != provide.hash)
                    continue;
                out.format("--link {}=remote: {} is in the kernel, which would run code of {}, a "
                           "user module\n",
                           method,
                           m->image->name(),
                           choices.image->name());
                return false;
            }
        }
    }
    return true;
}

void print_plan(TextWriter& text, bool dry_run) noexcept {
    const loader::Plan& plan = planning.plan;
    for (std::size_t i = 0; i < plan.step_count; ++i) {
        const loader::Step& step = plan.steps[i];
        const loader::Image& image = *planning.candidates[step.candidate].image;
        text.format("{} {}: {}",
                    dry_run ? "would load" : "load",
                    image.name(),
                    placement_name(step.placement));
        if (step.domain >= loader::kNewDomain)
            text.put(", a new domain");
        else if (step.placement == abi::Placement::domain)
            text.format(" {}", domain_by_id(step.domain)->name);
        text.put('\n');
    }
    for (std::size_t i = 0; i < plan.edge_count; ++i) {
        const loader::Edge& edge = plan.edges[i];
        const loader::Image& client = *planning.candidates[edge.client].image;
        text.format(
            "  {} -> {}", client.name(), client.text(client.requires_()[edge.require].name));
        if (edge.path == loader::Path::none)
            text.put(": nobody provides it; it is optional\n");
        else
            text.format(" in {}: {}\n",
                        planning.candidates[edge.provider].image->name(),
                        loader::name_of(edge.path));
    }
}

/// What a domain made for this module may do.
std::uint32_t grants_of_new(const LoadRequest& request, const loader::Image& image) noexcept {
    return image.name() == request.name ? request.grants & request.passed_grants : 0u;
}

/// Whether build_plan() would find that the variables of all that is to be loaded suit what is
/// there. False: `text` says what is in the way.
bool variables_would_suit(const LoadRequest& request, TextWriter& text) noexcept {
    for (std::size_t i = 0; i < planning.plan.step_count; ++i) {
        const loader::Step& step = planning.plan.steps[i];
        const loader::Image& image = *planning.candidates[step.candidate].image;
        const Domain* domain = step.placement == abi::Placement::kernel ? &kernel_domain()
                               : step.domain >= loader::kNewDomain      ? nullptr
                                                                        : domain_by_id(step.domain);
        const Observer observer =
            domain != nullptr ? Observer{*domain} : Observer{grants_of_new(request, image)};
        if (!variables_suit(image, observer, text))
            return false;
    }
    return true;
}

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

/// A module that has died has devices still: they are given back last, when no thread is left that
/// could touch them, and by then its callers have long been told.
bool devices_are_given_back() noexcept {
    const Locked hold{kernel_lock};
    for (const ModuleInstance* m = the_registry.modules; m != nullptr; m = m->next) {
        if (m->stage == ModuleStage::failed && !m->image->devices().empty())
            return true;
    }
    return false;
}

} // namespace

Task<Nothing> load_module(LoadRequest request, TextWriter& text) noexcept {
    // Whoever loads the next driver after the end of one need not try again. A module that cannot
    // be ended for a second keeps what it has.
    constexpr int kLooks = 100;
    constexpr std::uint64_t kBetween = 10; // ms
    for (int looks = 0; !request.dry_run && looks < kLooks && devices_are_given_back(); ++looks)
        static_cast<void>(co_await sleep_ms(kBetween));
    Built built;
    {
        if (!allowed(request, text))
            co_return refuse(Status::not_permitted);
        const Locked hold{kernel_lock};
        gather();
        if (!parse_links(request.links, text))
            co_return refuse(Status::invalid_argument);
        const ClientChoices choices = take_choices_for_clients(request.name);
        if (!may_bring_stubs(choices, request.placement, text))
            co_return refuse(Status::refused);
        const loader::Request wish{.module = request.name,
                                   .placement = request.placement,
                                   .domain = request.domain,
                                   .links = {planning.links, planning.link_count}};
        const auto planned = loader::make_plan({planning.candidates, planning.count},
                                               {planning.domains, planning.domain_count},
                                               wish,
                                               planning.plan);
        if (!planned) {
            text.put(planned.error().view()).put('\n');
            co_return refuse(Status::refused);
        }
        print_plan(text, request.dry_run);
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
