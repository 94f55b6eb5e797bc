// A world for the planner: the kernel, loaded modules and files, made from specifications in a line
// each.
#pragma once
#include <cw/loader/plan.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "module_file.hpp"

namespace cw::loader::test {

class World {
public:
    /// Each returns the candidate's index.
    std::size_t add_kernel(const ModuleSpec& spec);
    std::size_t
    add_loaded(const ModuleSpec& spec, abi::Placement placement, DomainId domain = kKernelDomain);
    std::size_t add_file(const ModuleSpec& spec);
    void add_missing() { candidates_.push_back({}); } ///< A candidate without an image.
    void add_domain(DomainId domain) { domains_.push_back(domain); }
    /// A choice as it is written: "service.method=path".
    void choose(std::string_view method, Path path) { choices_.push_back({method, path}); }

    bool user_floating_point = true; ///< See Request.

    /// Plans to load `module`. Returns the message of a refusal, or an empty string; the plan is in
    /// plan().
    std::string load(std::string_view module,
                     abi::Placement placement = abi::Placement::kernel,
                     DomainId domain = kKernelDomain);

    [[nodiscard]] const Plan& plan() const { return *plan_; }
    /// "a b c": the modules in load order.
    [[nodiscard]] std::string order() const;
    /// "client>method>provider=path" for every edge, one blank between two.
    [[nodiscard]] std::string edges() const;
    /// Path of the one edge to this method.
    [[nodiscard]] Path path_to(std::string_view method) const;
    [[nodiscard]] const Step& step_of(std::string_view module) const;

private:
    std::size_t add(const ModuleSpec& spec, Candidate candidate);
    [[nodiscard]] std::string_view method_of(const Edge& edge) const;

    std::deque<std::vector<std::byte>> files_;
    std::deque<Image> images_;
    std::vector<Candidate> candidates_;
    std::vector<DomainId> domains_;
    std::vector<LinkChoice> choices_;
    std::unique_ptr<Plan> plan_ = std::make_unique<Plan>();
};

} // namespace cw::loader::test
