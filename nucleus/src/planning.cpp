#include "planning.hpp"
#include <cw/core/ring_submit.hpp>
#include <cw/nucleus/variables.hpp>

namespace cw::kernel {

Planning planning;

namespace {

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
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->stage == ModuleStage::failed || m->stage == ModuleStage::stopping)
            continue;
        planning.instances[planning.count] = m;
        planning.candidates[planning.count++] = {
            m->image, true, m->nucleus, m->placement, m->domain->id};
    }
    for (std::size_t i = 0; i < registry().file_count; ++i) {
        bool loaded = false;
        for (std::size_t k = 0; k < planning.count && !loaded; ++k)
            loaded = planning.candidates[k].image == registry().files[i];
        if (!loaded) {
            planning.instances[planning.count] = nullptr;
            planning.candidates[planning.count++] = {
                registry().files[i], false, false, abi::Placement::kernel, 0};
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
        for (const ModuleInstance* m = registry().modules; m != nullptr && user; m = m->next) {
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

} // namespace

Result<ClientChoices> plan_load(const LoadRequest& request, TextWriter& text) noexcept {
    gather();
    if (!parse_links(request.links, text))
        return refuse(Status::invalid_argument);
    const ClientChoices choices = take_choices_for_clients(request.name);
    if (!may_bring_stubs(choices, request.placement, text))
        return refuse(Status::refused);
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
        return refuse(Status::refused);
    }
    print_plan(text, request.dry_run);
    return choices;
}

std::uint32_t grants_of_new(const LoadRequest& request, const loader::Image& image) noexcept {
    return image.name() == request.name ? request.grants & request.passed_grants : 0u;
}

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

} // namespace cw::kernel
