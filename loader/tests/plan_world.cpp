#include "plan_world.hpp"

#include <stdexcept>

namespace cw::loader::test {

std::size_t World::add(const ModuleSpec& spec, Candidate candidate) {
    const std::vector<std::byte>& file = files_.emplace_back(ModuleFile{spec}.bytes());
    Image& image = images_.emplace_back();
    if (const auto result = image.read(file, spec.name, spec.machine); !result)
        throw std::logic_error(std::string{result.error().view()});
    candidate.image = &image;
    candidates_.push_back(candidate);
    return candidates_.size() - 1;
}

std::size_t World::add_kernel(const ModuleSpec& spec) {
    return add(spec, {.nucleus = true});
}

std::size_t World::add_loaded(const ModuleSpec& spec, abi::Placement placement, DomainId domain) {
    return add(spec, {.loaded = true, .placement = placement, .domain = domain});
}

std::size_t World::add_file(const ModuleSpec& spec) {
    return add(spec, {});
}

std::string World::load(std::string_view module, abi::Placement placement, DomainId domain) {
    const Request request{.module = module,
                          .placement = placement,
                          .domain = domain,
                          .links = choices_,
                          .user_floating_point = user_floating_point};
    const auto result = make_plan(candidates_, domains_, request, *plan_);
    return result ? "" : std::string{result.error().view()};
}

std::string World::order() const {
    std::string names;
    for (std::size_t i = 0; i < plan_->step_count; ++i) {
        names += names.empty() ? "" : " ";
        names += candidates_[plan_->steps[i].candidate].image->name();
    }
    return names;
}

std::string World::edges() const {
    std::string list;
    for (std::size_t i = 0; i < plan_->edge_count; ++i) {
        const Edge& edge = plan_->edges[i];
        list += list.empty() ? "" : " ";
        list += candidates_[edge.client].image->name();
        list += ">";
        list += method_of(edge);
        list += ">";
        if (edge.provider != SIZE_MAX) {
            const Image& provider = *candidates_[edge.provider].image;
            if (provider.text(provider.provides()[edge.provide].name) != method_of(edge))
                throw std::logic_error("the edge goes to another method");
            list += provider.name();
        }
        list += "=";
        list += name_of(edge.path);
    }
    return list;
}

Path World::path_to(std::string_view method) const {
    for (std::size_t i = 0; i < plan_->edge_count; ++i) {
        if (method_of(plan_->edges[i]) == method)
            return plan_->edges[i].path;
    }
    throw std::logic_error("no edge goes to the method");
}

const Step& World::step_of(std::string_view module) const {
    for (std::size_t i = 0; i < plan_->step_count; ++i) {
        if (candidates_[plan_->steps[i].candidate].image->name() == module)
            return plan_->steps[i];
    }
    throw std::logic_error("no step loads the module");
}

std::string_view World::method_of(const Edge& edge) const {
    const Image& client = *candidates_[edge.client].image;
    return client.text(client.requires_()[edge.require].name);
}

} // namespace cw::loader::test
