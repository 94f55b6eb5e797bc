// Service `trace`.
#include "caller.hpp"
#include "modules.hpp"
#include <cw/core/declare.hpp>
#include <cw/core/thread_sanitizer.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/trace.hpp>

namespace cw::kernel {

namespace {

/// The calling module, if it may trace others. Locks: kernel_lock held.
Result<ModuleInstance*> permitted(std::string_view method) noexcept {
    ModuleInstance* module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    if ((module->domain->grants & kGrantPower) != 0)
        return module;
    log::line("trace.{}: not permitted: the calling domain has no grant \"power\"", method);
    return refuse(Status::not_permitted);
}

Result<Nothing> start(trace::Wanted wanted) noexcept {
    const Locked hold{kernel_lock};
    if (const auto who = permitted("start"); !who)
        return refuse(who.error());
    if (wanted.policy > static_cast<std::uint32_t>(TracePolicy::block))
        return refuse(Status::invalid_argument);
    CW_CHECK_OK(trace_start(static_cast<TracePolicy>(wanted.policy), wanted.records));
    return Nothing{};
}
CW_PROVIDE(trace::start, start, abi::kMethodQueuedOnly);

Result<Nothing> stop(Nothing) noexcept {
    const Locked hold{kernel_lock};
    if (const auto who = permitted("stop"); !who)
        return refuse(who.error());
    trace_stop();
    return Nothing{};
}
CW_PROVIDE(trace::stop, stop, abi::kMethodQueuedOnly);

trace::State status(Nothing) noexcept {
    const Locked hold{kernel_lock};
    return trace_status();
}
CW_PROVIDE(trace::status, status, abi::kMethodQueuedOnly);

Result<trace::Reader> open(Nothing) noexcept {
    const Locked hold{kernel_lock};
    return trace_open(*CW_TRY(permitted("open")));
}
CW_PROVIDE(trace::open, open, abi::kMethodQueuedOnly);

Result<Nothing> close(trace::Handle which) noexcept {
    const Locked hold{kernel_lock};
    const ModuleInstance* module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    CW_CHECK_OK(trace_close(*module, which.reader));
    return Nothing{};
}
CW_PROVIDE(trace::close, close, abi::kMethodQueuedOnly);

Result<trace::Ring> next(trace::After after) noexcept {
    const Locked hold{kernel_lock};
    const ModuleInstance* module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    return trace_next(*module, after);
}
CW_PROVIDE(trace::next, next, abi::kMethodQueuedOnly);

Result<Nothing> done(trace::After which) noexcept {
    const Locked hold{kernel_lock};
    const ModuleInstance* module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    CW_CHECK_OK(trace_done(*module, which));
    return Nothing{};
}
CW_PROVIDE(trace::done, done, abi::kMethodQueuedOnly);

Result<trace::Size> names(trace::Names which) noexcept {
    const OrderedByPeer order{which.text.address, which.text.size_bytes};
    const Locked hold{kernel_lock};
    const ModuleRegistry& all = registry();
    if (which.index > all.file_count)
        return refuse(Status::not_found);
    const loader::Image& image =
        which.index == all.file_count ? *all.nucleus->image : *all.files[which.index];
    TextWriter text{reinterpret_cast<char*>(which.text.address), which.text.size_bytes};
    text.put(image.name());
    for (const abi::ProvideRecord& provide : image.provides())
        text.put(' ').put(image.text(provide.name));
    return trace::Size{text.size()};
}
CW_PROVIDE(trace::names, names);

} // namespace

} // namespace cw::kernel
