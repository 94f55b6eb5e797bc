// For the thread sanitizer where it sees the runtime but not the modules (CW_MODULES_UNSEEN): who
// calls the runtime holds the gate of a module, which was entered in that module's own code. A
// crossing tells of that. Elsewhere it is the function itself.
#pragma once
#include <cw/core/module_state.hpp>
#include <cw/core/pending.hpp>
#include <cw/core/task.hpp>

#ifdef CW_MODULES_UNSEEN
#include <sanitizer/tsan_interface.h>
#endif

namespace cw::runtime {

#ifdef CW_MODULES_UNSEEN
inline ModuleState* module_of(ModuleState* module) noexcept {
    return module;
}
inline ModuleState* module_of(const Pending* pending) noexcept {
    return pending->module;
}
inline ModuleState* module_of(const PromiseBase* promise) noexcept {
    return promise->ready.module;
}
inline ModuleState* module_of(const Ready* ready) noexcept {
    return ready->module;
}
inline ModuleState* module_of(const Edge* edge) noexcept {
    return edge->client;
}
inline ModuleState* module_of(const abi::Slot* slot) noexcept {
    return slot == nullptr ? nullptr : slot->edge->client; // null: the call was queued
}
inline ModuleState* module_of(...) noexcept {
    return nullptr;
}

template <auto F, class R, class... A>
R crossed(A... arguments) {
    const struct Held {
        ModuleState* modules[sizeof...(A)];
        ~Held() {
            for (ModuleState* module : modules)
                if (module != nullptr)
                    __tsan_release(&module->gate);
        }
    } held{{module_of(arguments)...}};
    for (ModuleState* module : held.modules)
        if (module != nullptr)
            __tsan_acquire(&module->gate);
    return F(arguments...);
}
template <auto F, class R, class... A>
constexpr auto crossing_of(R (*)(A...)) noexcept {
    return &crossed<F, R, A...>;
}
template <auto F>
inline constexpr auto kCrossing = crossing_of<F>(F);
#else
template <auto F>
inline constexpr auto kCrossing = F;
#endif

} // namespace cw::runtime
