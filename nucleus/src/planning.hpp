// What is to be loaded where, before anything is done: the planner's input and its plan. Private to
// the nucleus. Locks: kernel_lock held, for all of it.
#pragma once
#include "modules.hpp"

namespace cw::kernel {

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
extern Planning planning;

/// What was asked for the clients of the module to be loaded that run already.
struct ClientChoices {
    const loader::Image* image = nullptr; ///< The module.
    std::uint64_t ring_only = 0;          ///< Bit per method, as in ModuleInstance.
    std::uint64_t remote_only = 0;
};
/// Plans what the request asks for, into `planning`, and says so in `text`, or what is wrong.
/// Errors: invalid_argument, refused.
[[nodiscard]] Result<ClientChoices> plan_load(const LoadRequest& request,
                                              TextWriter& text) noexcept;
/// Whether the variables of all that is planned suit what is there, as they will have to. False:
/// `text` says what is in the way.
[[nodiscard]] bool variables_would_suit(const LoadRequest& request, TextWriter& text) noexcept;
/// What a domain made for this module may do.
[[nodiscard]] std::uint32_t grants_of_new(const LoadRequest& request,
                                          const loader::Image& image) noexcept;

} // namespace cw::kernel
