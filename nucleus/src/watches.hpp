// Who waits for a variable to change. Private to the nucleus.
#pragma once
#include <cw/core/service/variables.hpp>
#include <cw/core/task.hpp>

namespace cw::kernel {

/// As variables::wait. Context: the worker.
[[nodiscard]] Task<variables::Seen> watch(variables::Watch watch) noexcept;
/// Lets those go on for whom this variable has changed. Errors: out_of_range. Locks: kernel_lock
/// held.
[[nodiscard]] Status look_at_watches(std::uint64_t index) noexcept;

} // namespace cw::kernel
