// The functions behind RuntimeOps, as compiled into this side (the vDSO, the kernel, a test).
#pragma once
#include <cw/core/module_state.hpp>

namespace cw {

/// The table; `now` and `fail` are the platform's, `ticks_per_second` is for the caller to set.
[[nodiscard]] RuntimeOps runtime_ops() noexcept;

} // namespace cw
