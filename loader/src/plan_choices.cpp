// "--link METHOD=PATH": what the user may ask for instead of the default, and why not otherwise.
#include <cw/core/ring_submit.hpp>

#include "names.hpp"
#include "planner.hpp"

namespace cw::loader {
namespace {

bool is_method_choice(const LinkChoice& choice) noexcept {
    return choice.method.find('.') != std::string_view::npos;
}

bool matches(const LinkChoice& choice, std::string_view method) noexcept {
    if (is_method_choice(choice))
        return choice.method == method;
    return begins_with(method, choice.method, '.');
}

} // namespace

bool Planner::check_choices() noexcept {
    for (std::size_t i = 0; i < request_.links.size(); ++i) {
        const LinkChoice& choice = request_.links[i];
        if (choice.path == Path::none)
            return fail_choice(choice, "this is not a path to ask for");
        for (std::size_t j = 0; j < i; ++j) {
            if (request_.links[j].method == choice.method)
                return fail_choice(
                    choice, "{} was chosen before", {name_of(request_.links[j].path)});
        }
    }
    return true;
}

bool Planner::check_choices_used() noexcept {
    for (const LinkChoice& choice : request_.links) {
        bool used = false;
        for (std::size_t i = 0; i < plan_.edge_count && !used; ++i) {
            const Edge& edge = plan_.edges[i];
            used = edge.provider != kNone && matches(choice, method_of(edge));
        }
        if (!used)
            return fail_choice(choice, "this plan links nothing of that name");
    }
    return true;
}

/// A choice for the method goes before one for its service.
const LinkChoice* Planner::choice_for(const Edge& edge) const noexcept {
    const LinkChoice* for_service = nullptr;
    for (const LinkChoice& choice : request_.links) {
        if (!matches(choice, method_of(edge)))
            continue;
        if (is_method_choice(choice))
            return &choice;
        for_service = &choice;
    }
    return for_service;
}

/// A queue can always take the place of a synchronous path; nothing else can be changed.
bool Planner::choose(Edge& edge, const LinkChoice& choice) noexcept {
    if (choice.path == Path::remote && !check_remote(edge, choice))
        return false;
    if (choice.path == Path::ring || choice.path == Path::remote)
        edge.path = choice.path;
    if (choice.path == edge.path)
        return true;

    const Residence client = residence(edge.client);
    const Residence provider = residence(edge.provider);
    const std::string_view client_name = name(edge.client);
    const std::string_view provider_name = name(edge.provider);
    if (choice.path == Path::syscall && provider.is_user())
        return fail_choice(choice,
                           "the kernel would wait synchronously on {}, a user module in {}",
                           {provider_name, text_of(provider.domain).view()});
    if (choice.path == Path::syscall && !client.is_user())
        return fail_choice(
            choice, "{} is in the kernel already, like {}", {client_name, provider_name});
    if (choice.path == Path::direct && client.domain != provider.domain)
        return fail_choice(choice,
                           "{} is in {} and {} in {}: a direct call cannot cross domains",
                           {client_name,
                            text_of(client.domain).view(),
                            provider_name,
                            text_of(provider.domain).view()});
    if (provider.own_executor)
        return fail_choice(choice,
                           "{} runs on an executor of its own: load it with --sync-caller",
                           {provider_name});
    return fail_choice(choice, "{} declares {} as queued only", {provider_name, method_of(edge)});
}

/// The stub is the provider's code with the client's rights: whoever asks trusts the provider with
/// them. Nobody may trust a user module with the kernel's.
bool Planner::check_remote(const Edge& edge, const LinkChoice& choice) noexcept {
    const Residence provider = residence(edge.provider);
    if (!residence(edge.client).is_user() && provider.is_user())
        return fail_choice(
            choice,
            "{} is in the kernel, which would run code of {}, a user module in {}",
            {name(edge.client), name(edge.provider), text_of(provider.domain).view()});
    const abi::ProvideRecord& provided = provision(edge);
    if (provided.remote_stub == 0)
        return fail_choice(
            choice, "{} brings no stub of its own for {}", {name(edge.provider), method_of(edge)});
    if (provided.remote_layout != kSubmitLayout)
        return fail_choice(choice,
                           "{} was compiled for another runtime: its stub for {} does not fit",
                           {name(edge.provider), method_of(edge)});
    return true;
}

bool Planner::fail_choice(const LinkChoice& choice,
                          std::string_view pattern,
                          std::initializer_list<Filler> fillers) noexcept {
    const Message reason = complaint(pattern, fillers);
    return fail("--link {}={}: {}", {choice.method, name_of(choice.path), reason.view()});
}

Planner::DomainText Planner::text_of(DomainId domain) noexcept {
    if (domain == kKernelDomain)
        return DomainText{"the kernel"};
    if (domain >= kNewDomain)
        return DomainText{"a new domain"};
    return DomainText{"domain {}", domain};
}

} // namespace cw::loader
