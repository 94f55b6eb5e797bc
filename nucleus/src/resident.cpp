// A module that was not loaded: part of the programme that the nucleus is part of.
#include "modules.hpp"
#include <cw/nucleus/host.hpp>

namespace cw::kernel {

Result<ModuleInstance*> resident_create(const loader::Image& image) noexcept {
    const Locked hold{kernel_lock};
    ExecutorRecord* executor = CW_TRY(kernel_executor_create(image.name()));
    const auto made = build_instance(image, kernel_domain(), *executor, abi::Placement::kernel);
    if (!made) {
        executor_discard(*executor);
        return refuse(made.error());
    }
    ModuleInstance& instance = **made;
    instance.resident = true;
    for (std::size_t i = 0; i < image.requires_().size(); ++i)
        unlink_edge(instance, i, false); // until it has started: see Report::module_started
    executor_tell(*executor,
                  {.kind = abi::ControlKind::add_module,
                   .index = 0,
                   .a = image.module().state,
                   .b = 0,
                   .c = 0,
                   .d = image.module().start,
                   .e = instance.id,
                   .f = kModulePendings,
                   .reserved = 0});
    executor_start(*executor);
    return &instance;
}

bool links_settled(const ModuleInstance& instance) noexcept {
    for (const Link& link : instance.links) {
        if (link.wanted != nullptr)
            return false;
    }
    return true;
}

} // namespace cw::kernel
