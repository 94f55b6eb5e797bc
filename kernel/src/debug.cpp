// The table of loaded modules that tools/gdb/causeway.py reads. Nothing in the kernel reads it.
#include <algorithm>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/vdso.hpp>
#include <iterator>

extern "C" {
/// A debugger sets a breakpoint here: it is called after each change of cw_debug_modules.
[[gnu::noinline]] void cw_debug_modules_changed() noexcept {
    asm volatile(""); // an empty function without it is not called
}

struct DebugModule {
    char name[64];
    std::uint64_t base; ///< Added to the addresses of the module's file.
};
/// An empty name ends the list. A file is loaded once at most; the vDSO stands before all.
DebugModule cw_debug_modules[cw::kernel::kMaxFiles + 2];
}

namespace cw::kernel {

static_assert(sizeof(DebugModule::name) == abi::kMaxNameBytes + 1);

void debug_modules_changed() noexcept {
    DebugModule* entry = cw_debug_modules;
    const auto add = [&](std::string_view name, std::uint64_t base) {
        *entry = {.name = {}, .base = base};
        std::ranges::copy(name, entry->name);
        ++entry;
    };
    add("vdso", vdso().segment->base);
    for (const ModuleInstance* m = all_modules();
         m != nullptr && entry != std::end(cw_debug_modules) - 1;
         m = m->next) {
        if (m->segment != nullptr) // else the nucleus: its code is the kernel's
            add(m->image->name(), m->base);
    }
    *entry = {};
    cw_debug_modules_changed();
}

} // namespace cw::kernel
