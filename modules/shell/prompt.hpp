// The prompt: lines typed by a person.
#pragma once
#include "history.hpp"
#include <cw/core/task.hpp>

namespace shell {

/// Reads lines and runs them, for ever. Errors: those of the console.
cw::Task<> interact() noexcept;
[[nodiscard]] const History& typed_lines() noexcept;

} // namespace shell
