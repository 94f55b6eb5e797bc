// Which modules the plan must load: the requested one, and the files that its requirements lead to.
#include "planner.hpp"

namespace cw::loader {

bool Planner::is_loaded(std::size_t candidate) const noexcept {
    return candidates_[candidate].loaded || candidates_[candidate].nucleus;
}

/// A file is not usable when a module of its name is loaded: two of one name cannot be.
bool Planner::is_usable(std::size_t candidate) const noexcept {
    if (is_loaded(candidate))
        return true;
    for (std::size_t other = 0; other < candidates_.size(); ++other) {
        if (candidates_[other].image != nullptr && is_loaded(other) &&
            name(other) == name(candidate))
            return false;
    }
    return true;
}

bool Planner::choose_requested() noexcept {
    std::uint64_t files = 0;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        const Candidate& candidate = candidates_[i];
        if (candidate.image == nullptr || name(i) != request_.module)
            continue;
        if (candidate.nucleus)
            return fail("{}: is the kernel itself", {request_.module});
        if (candidate.loaded)
            return fail("{}: is loaded already, in {}",
                        {request_.module, text_of(candidate.domain).view()});
        requested_ = i;
        ++files;
    }
    if (files == 0)
        return fail("{}: there is no such module", {request_.module});
    if (files > 1)
        return fail("{}: {} files hold a module of this name", {request_.module, files});
    return add_step(requested_, requested_);
}

/// Makes an edge for each requirement, in the order of the records; those of optional ones are left
/// open until the whole plan is known.
bool Planner::discover(std::size_t step) noexcept {
    const std::size_t client = plan_.steps[step].candidate;
    const auto required = image(client).requires_();
    for (std::size_t require = 0; require < required.size(); ++require) {
        Provider provider;
        if (!is_optional(required[require]) && !find_provider(client, require, provider))
            return false;
        if (!add_edge({.client = client,
                       .require = require,
                       .provider = provider.candidate,
                       .provide = provider.provide,
                       .path = Path::none}))
            return false;
        if (provider.candidate == kNone || is_loaded(provider.candidate))
            continue;
        if (step_of(provider.candidate) == kNone && !add_step(provider.candidate, client))
            return false;
        depends_on_[step] |= 1u << step_of(provider.candidate);
    }
    return true;
}

/// Optional requirements are linked to what is there or comes anyway: they load nothing, and the
/// order of the records makes no difference.
bool Planner::resolve_optional() noexcept {
    for (std::size_t i = 0; i < plan_.edge_count; ++i) {
        Edge& edge = plan_.edges[i];
        if (!is_optional(requirement(edge)))
            continue;
        Provider provider;
        if (!find_provider(edge.client, edge.require, provider))
            return false;
        edge.provider = provider.candidate;
        edge.provide = provider.provide;
        if (provider.candidate != kNone && !is_loaded(provider.candidate))
            depends_on_[step_of(edge.client)] |= 1u << step_of(provider.candidate);
    }
    return true;
}

/// Whether the candidate may satisfy the requirement, if it provides the method.
bool Planner::is_considered(std::size_t candidate,
                            const abi::RequireRecord& required) const noexcept {
    if (!is_usable(candidate))
        return false;
    return !is_optional(required) || is_loaded(candidate) || step_of(candidate) != kNone;
}

bool Planner::add_step(std::size_t candidate, std::size_t needed_by) noexcept {
    if (plan_.step_count == kMaxSteps)
        return fail("{}: more than {} modules would have to be loaded",
                    {request_.module, kMaxSteps});
    needed_by_[plan_.step_count] = needed_by;
    plan_.steps[plan_.step_count++] = {
        .candidate = candidate, .placement = abi::Placement::kernel, .domain = kKernelDomain};
    return true;
}

bool Planner::add_edge(const Edge& edge) noexcept {
    if (plan_.edge_count == kMaxPlanEdges)
        return fail("{}: more than {} edges would have to be linked",
                    {request_.module, kMaxPlanEdges});
    plan_.edges[plan_.edge_count++] = edge;
    return true;
}

std::size_t Planner::step_of(std::size_t candidate) const noexcept {
    for (std::size_t step = 0; step < plan_.step_count; ++step) {
        if (plan_.steps[step].candidate == candidate)
            return step;
    }
    return kNone;
}

} // namespace cw::loader
