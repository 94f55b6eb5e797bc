// How make_plan works: discover what must be loaded, place it, order it, link it. Each step has a
// file of its own.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/loader/plan.hpp>
#include <expected>
#include <initializer_list>
#include <string_view>

#include "complaint.hpp"

namespace cw::loader {

inline constexpr std::size_t kNone = SIZE_MAX; ///< "No such index".

/// Builds one Plan. Every step returns true or has left the message that explains the refusal.
class Planner {
public:
    Planner(std::span<const Candidate> candidates,
            std::span<const DomainId> domains,
            const Request& request,
            Plan& plan) noexcept :
        candidates_{candidates}, domains_{domains}, request_{request}, plan_{plan} {}

    [[nodiscard]] std::expected<void, Message> make() noexcept;

private:
    /// Where a module lives, loaded already or by this plan.
    struct Residence {
        DomainId domain;
        bool own_executor; ///< In the kernel: not entered on the caller's thread.

        [[nodiscard]] bool is_user() const noexcept { return domain != kKernelDomain; }
    };
    /// One method of one module, and how well it suits a requirement.
    struct Provider {
        std::size_t candidate = kNone;
        std::size_t provide = kNone;
        int rank = -1;
    };
    using DomainText = Text<24>;

    // plan_discovery.cpp
    [[nodiscard]] bool choose_requested() noexcept;
    [[nodiscard]] bool discover(std::size_t step) noexcept;
    [[nodiscard]] bool resolve_optional() noexcept;
    [[nodiscard]] bool is_considered(std::size_t candidate,
                                     const abi::RequireRecord& required) const noexcept;
    [[nodiscard]] bool add_step(std::size_t candidate, std::size_t needed_by) noexcept;
    [[nodiscard]] bool add_edge(const Edge& edge) noexcept;
    [[nodiscard]] bool is_loaded(std::size_t candidate) const noexcept;
    [[nodiscard]] bool is_usable(std::size_t candidate) const noexcept;
    [[nodiscard]] std::size_t step_of(std::size_t candidate) const noexcept;

    // plan_providers.cpp
    [[nodiscard]] bool
    find_provider(std::size_t client, std::size_t require, Provider& found) noexcept;
    [[nodiscard]] int rank(std::size_t client, std::size_t candidate) const noexcept;
    [[nodiscard]] bool
    check_agreement(std::size_t client, std::size_t require, const Provider& provider) noexcept;
    [[nodiscard]] bool fail_ambiguous(std::size_t client, std::size_t require, int best) noexcept;

    // plan_mismatch.cpp
    [[nodiscard]] bool explain_missing(std::size_t client, std::size_t require) noexcept;
    [[nodiscard]] Provider near_miss(std::size_t client, std::size_t require) const noexcept;
    [[nodiscard]] bool
    fail_signature(std::size_t client, std::string_view wanted, const Provider& provider) noexcept;

    // plan_placement.cpp
    [[nodiscard]] bool place(std::size_t step) noexcept;
    [[nodiscard]] bool check_domain(DomainId domain) noexcept;
    [[nodiscard]] bool fail_step(std::size_t step, std::string_view reason) noexcept;
    void order_steps() noexcept;
    void order_edges() noexcept;
    void number_domains() noexcept;

    // plan_paths.cpp
    [[nodiscard]] bool link_edges() noexcept;
    [[nodiscard]] Residence residence(std::size_t candidate) const noexcept;
    [[nodiscard]] Path default_path(const Edge& edge) const noexcept;

    // plan_choices.cpp
    [[nodiscard]] bool check_choices() noexcept;
    [[nodiscard]] bool check_choices_used() noexcept;
    [[nodiscard]] const LinkChoice* choice_for(const Edge& edge) const noexcept;
    [[nodiscard]] bool choose(Edge& edge, const LinkChoice& choice) noexcept;
    [[nodiscard]] bool check_remote(const Edge& edge, const LinkChoice& choice) noexcept;
    [[nodiscard]] bool fail_choice(const LinkChoice& choice,
                                   std::string_view pattern,
                                   std::initializer_list<Filler> fillers = {}) noexcept;
    [[nodiscard]] static DomainText text_of(DomainId domain) noexcept;

    [[nodiscard]] bool fail(std::string_view pattern,
                            std::initializer_list<Filler> fillers) noexcept {
        message_ = complaint(pattern, fillers);
        return false;
    }
    [[nodiscard]] static bool is_optional(const abi::RequireRecord& required) noexcept {
        return (required.flags & abi::kMethodOptional) != 0;
    }
    [[nodiscard]] const Image& image(std::size_t candidate) const noexcept {
        return *candidates_[candidate].image;
    }
    [[nodiscard]] std::string_view name(std::size_t candidate) const noexcept {
        return image(candidate).name();
    }
    [[nodiscard]] const abi::RequireRecord& requirement(const Edge& edge) const noexcept {
        return image(edge.client).requires_()[edge.require];
    }
    [[nodiscard]] const abi::ProvideRecord& provision(const Edge& edge) const noexcept {
        return image(edge.provider).provides()[edge.provide];
    }
    [[nodiscard]] std::string_view method_of(const Edge& edge) const noexcept {
        return image(edge.client).text(requirement(edge).name);
    }

    std::span<const Candidate> candidates_;
    std::span<const DomainId> domains_;
    const Request& request_;
    Plan& plan_;
    std::size_t requested_ = kNone;      ///< The candidate that the request names.
    std::size_t needed_by_[kMaxSteps]{}; ///< By step: the candidate that pulled it in.
    std::uint32_t
        depends_on_[kMaxSteps]{}; ///< By step: the steps that provide to it, one bit each.
    Message message_;
};

} // namespace cw::loader
