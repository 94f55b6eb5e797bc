// What a debugger of the whole machine needs to know: which modules are loaded, and where.
#pragma once

namespace cw::kernel {

/// Brings the debugger's table in line with the registry and calls cw_debug_modules_changed().
/// Locks: kernel_lock held.
void debug_modules_changed() noexcept;

} // namespace cw::kernel
