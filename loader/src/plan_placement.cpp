// Where each new module goes, and in which order they are loaded.
#include <algorithm>

#include "planner.hpp"

namespace cw::loader {

bool Planner::place(std::size_t index) noexcept {
    Step& step = plan_.steps[index];
    const abi::ModuleRecord& module = image(step.candidate).module();
    const bool requested = step.candidate == requested_;
    if ((module.flags & abi::kModuleFloatingPoint) != 0 && !request_.user_floating_point)
        return fail_step(index,
                         "uses floating point, whose registers this system keeps in no placement");
    step.placement = requested ? request_.placement : module.default_placement;
    switch (step.placement) {
    case abi::Placement::user_process:
        step.domain = kNewDomain; // Numbered once the order is known.
        return true;
    case abi::Placement::domain:
        step.domain = request_.domain;
        return check_domain(step.domain);
    case abi::Placement::sync_caller:
        if (!image(step.candidate).devices().empty())
            return fail_step(index,
                             "asks for devices, whose interrupts need an executor of its own: "
                             "not with --sync-caller");
        [[fallthrough]];
    case abi::Placement::kernel:
        step.domain = kKernelDomain;
        if ((module.flags & abi::kModuleFloatingPoint) != 0)
            return fail_step(index,
                             "uses floating point, which is not kept in the kernel: use "
                             "--user-process");
        return true;
    }
    return fail_step(index, "is asked for with an unknown placement");
}

bool Planner::check_domain(DomainId domain) noexcept {
    if (domain == kKernelDomain)
        return fail("{}: domain 0 is the kernel, which --domain does not name", {request_.module});
    if (std::find(domains_.begin(), domains_.end(), domain) == domains_.end())
        return fail("{}: there is no domain {}", {request_.module, domain});
    return true;
}

bool Planner::fail_step(std::size_t step, std::string_view reason) noexcept {
    const std::size_t candidate = plan_.steps[step].candidate;
    if (candidate == requested_)
        return fail("{}: {}", {name(candidate), reason});
    return fail("{} (needed by {}): {}", {name(candidate), name(needed_by_[step]), reason});
}

/// Dependencies first. Steps that depend on one another keep the order of their discovery.
void Planner::order_steps() noexcept {
    static_assert(kMaxSteps <= 32, "one bit for each step");
    const std::size_t count = plan_.step_count;
    std::uint32_t reaches[kMaxSteps];
    std::copy_n(depends_on_, count, reaches);
    for (std::size_t via = 0; via < count; ++via) {
        for (std::size_t step = 0; step < count; ++step) {
            if ((reaches[step] >> via & 1) != 0)
                reaches[step] |= reaches[via];
        }
    }

    Step ordered[kMaxSteps];
    std::size_t done_count = 0;
    std::uint32_t done = 0;
    while (done_count < count) {
        // The first step whose dependencies are all done or in a cycle with it. There always is
        // one: of the steps that are left, one that reaches the fewest of them.
        std::uint32_t cycle = 0;
        for (std::size_t step = 0; step < count && cycle == 0; ++step) {
            if ((done >> step & 1) != 0)
                continue;
            std::uint32_t members = 1u << step;
            for (std::size_t other = 0; other < count; ++other) {
                if ((reaches[step] >> other & 1) != 0 && (reaches[other] >> step & 1) != 0)
                    members |= 1u << other;
            }
            if ((reaches[step] & ~done & ~members) == 0)
                cycle = members;
        }
        for (std::size_t step = 0; step < count; ++step) {
            if ((cycle >> step & 1) != 0)
                ordered[done_count++] = plan_.steps[step];
        }
        done |= cycle;
    }
    std::copy_n(ordered, count, plan_.steps);
}

/// Edges follow the order of the steps they belong to; those of one client stay in the order of its
/// records.
void Planner::order_edges() noexcept {
    Edge* const edges = plan_.edges;
    // Insertion sort: at most kMaxPlanEdges, in place, and stable.
    for (std::size_t i = 1; i < plan_.edge_count; ++i) {
        const Edge edge = edges[i];
        const std::size_t step = step_of(edge.client);
        std::size_t hole = i;
        for (; hole > 0 && step_of(edges[hole - 1].client) > step; --hole)
            edges[hole] = edges[hole - 1];
        edges[hole] = edge;
    }
}

void Planner::number_domains() noexcept {
    DomainId next = kNewDomain;
    for (std::size_t step = 0; step < plan_.step_count; ++step) {
        if (plan_.steps[step].placement == abi::Placement::user_process)
            plan_.steps[step].domain = next++;
    }
}

} // namespace cw::loader
