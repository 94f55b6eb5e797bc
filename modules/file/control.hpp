// What the nucleus is asked for: to open, close, list, look up. These calls are made by coroutines
// of their own, which nobody can cut short: what the nucleus was asked for is answered, and what
// was opened for nobody is closed.
#pragma once
#include "handles.hpp"
#include <cw/core/provide.hpp>
#include <cw/core/task.hpp>
#include <cw/modules/file.hpp>

namespace file {

[[nodiscard]] Handles& handles() noexcept;

cw::Task<Opened> open_file(OpenArguments arguments, cw::Caller caller) noexcept;
cw::Task<cw::Nothing> close_file(Handle handle, cw::Caller caller) noexcept;
cw::Task<Properties> stat_path(Path path) noexcept;
cw::Task<Properties> stat_handle(Handle handle, cw::Caller caller) noexcept;
cw::Task<Listed> list_directory(ListArguments arguments) noexcept;

/// Begins to close what clients leave open when they end.
void start_control() noexcept;

} // namespace file
