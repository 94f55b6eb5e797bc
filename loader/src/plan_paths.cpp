// How an edge is linked when nobody asks for anything else: the table of DESIGN section 3.
#include "planner.hpp"

namespace cw::loader {

Planner::Residence Planner::residence(std::size_t candidate) const noexcept {
    const std::size_t step = step_of(candidate);
    const Candidate& known = candidates_[candidate];
    const abi::Placement placement = step != kNone ? plan_.steps[step].placement : known.placement;
    return {.domain = step != kNone ? plan_.steps[step].domain : known.domain,
            .own_executor = !known.nucleus && placement != abi::Placement::sync_caller};
}

Path Planner::default_path(const Edge& edge) const noexcept {
    const Residence client = residence(edge.client);
    const Residence provider = residence(edge.provider);
    const bool same_module = edge.client == edge.provider;
    const bool same_executor = client.is_user() && client.domain == provider.domain;
    if (same_module || same_executor)
        return Path::direct;
    const bool queued_only = (provision(edge).flags & abi::kMethodQueuedOnly) != 0;
    if (provider.is_user() || provider.own_executor || queued_only)
        return Path::ring;
    return client.is_user() ? Path::syscall : Path::direct;
}

bool Planner::link_edges() noexcept {
    for (std::size_t i = 0; i < plan_.edge_count; ++i) {
        Edge& edge = plan_.edges[i];
        if (edge.provider == kNone)
            continue;
        edge.path = default_path(edge);
        const LinkChoice* const choice = choice_for(edge);
        if (choice != nullptr && !choose(edge, *choice))
            return false;
    }
    return true;
}

} // namespace cw::loader
