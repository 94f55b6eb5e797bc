// Service `variables`: what modules may ask of the nucleus.
#include "caller.hpp"
#include "directory.hpp"
#include "watches.hpp"
#include <cw/core/declare.hpp>
#include <cw/core/service/variables.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/variables.hpp>

namespace cw::kernel {

namespace {

Result<Nothing> variables_show_service(variables::Index index) noexcept {
    const Locked hold{kernel_lock};
    Domain* domain = caller().domain;
    if (domain == nullptr)
        return refuse(Status::peer_died);
    if (index.index > ~std::uint32_t{0})
        return refuse(Status::out_of_range);
    CW_CHECK_OK(variable_show(static_cast<std::uint32_t>(index.index), *domain));
    return Nothing{};
}
CW_PROVIDE(variables::show, variables_show_service, abi::kMethodQueuedOnly);

/// Untrusted: everything; the text is copied before it is looked at.
Result<variables::Declared> variables_declare_service(variables::Declaration wanted) noexcept {
    constexpr std::size_t kMostText = variables::kMaxName + 1 + variables::kMaxSchema;
    static char copy[kMostText];
    const Locked hold{kernel_lock};
    ModuleInstance* module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    if (wanted.text.size_bytes > kMostText)
        return refuse(Status::invalid_argument);
    const auto* in = reinterpret_cast<const volatile char*>(wanted.text.address);
    for (std::size_t i = 0; i < wanted.text.size_bytes; ++i)
        copy[i] = in[i];
    const std::string_view text{copy, wanted.text.size_bytes};
    const std::size_t end = text.find('\0');
    const std::string_view schema =
        end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (wanted.bytes == 0 || wanted.bytes > variables::kMaxBytes ||
        (wanted.lease_ms != 0 && wanted.bytes <= 8) ||
        !loader::is_variable(text.substr(0, end), schema, wanted.layout, wanted.bytes))
        return refuse(Status::invalid_argument);
    const auto kind = wanted.bytes > 8 ? variables::Kind::latch : variables::Kind::word;
    return variable_declare(*module,
                            text.substr(0, end),
                            {.schema = schema,
                             .layout = wanted.layout,
                             .bytes = wanted.bytes,
                             .form = variables::form_of(kind),
                             .lease_ms = wanted.lease_ms});
}
CW_PROVIDE(variables::declare, variables_declare_service, abi::kMethodQueuedOnly);

Result<Nothing> variables_turn_service(variables::Switch which) noexcept {
    const Locked hold{kernel_lock};
    if ((caller().grants() & kGrantPower) == 0) {
        kernel::log::line(
            "variables.turn: not permitted: the calling domain has no grant \"power\"");
        return refuse(Status::not_permitted);
    }
    if (which.index > ~std::uint32_t{0})
        return refuse(Status::out_of_range);
    CW_CHECK_OK(variable_switch(static_cast<std::uint32_t>(which.index), which.on != 0));
    return Nothing{};
}
CW_PROVIDE(variables::turn, variables_turn_service, abi::kMethodQueuedOnly);

CW_PROVIDE(variables::wait, watch, abi::kMethodQueuedOnly);

Result<Nothing> variables_announce_service(variables::Index which) noexcept {
    const Locked hold{kernel_lock};
    CW_CHECK_OK(look_at_watches(which.index));
    return Nothing{};
}
CW_PROVIDE(variables::announce, variables_announce_service, abi::kMethodQueuedOnly);

} // namespace
} // namespace cw::kernel
