#include <cw/loader/plan.hpp>

#include "planner.hpp"

namespace cw::loader {

std::string_view name_of(Path path) noexcept {
    switch (path) {
    case Path::none:
        return "none";
    case Path::direct:
        return "direct";
    case Path::syscall:
        return "syscall";
    case Path::ring:
        return "ring";
    case Path::remote:
        return "remote";
    }
    return "unknown";
}

Path path_of(std::string_view name) noexcept {
    for (const Path path : {Path::direct, Path::syscall, Path::ring, Path::remote}) {
        if (name == name_of(path))
            return path;
    }
    return Path::none;
}

std::expected<void, Message> make_plan(std::span<const Candidate> candidates,
                                       std::span<const DomainId> domains,
                                       const Request& request,
                                       Plan& plan) noexcept {
    return Planner{candidates, domains, request, plan}.make();
}

std::expected<void, Message> Planner::make() noexcept {
    plan_.step_count = 0;
    plan_.edge_count = 0;
    if (!check_choices() || !choose_requested())
        return std::unexpected{message_};
    // Discovering one step may append others.
    for (std::size_t step = 0; step < plan_.step_count; ++step) {
        if (!discover(step))
            return std::unexpected{message_};
    }
    if (!resolve_optional())
        return std::unexpected{message_};
    for (std::size_t step = 0; step < plan_.step_count; ++step) {
        if (!place(step))
            return std::unexpected{message_};
    }
    order_steps();
    order_edges();
    number_domains();
    if (!link_edges() || !check_choices_used())
        return std::unexpected{message_};
    return {};
}

} // namespace cw::loader
