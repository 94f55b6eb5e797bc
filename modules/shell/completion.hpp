// Tab: the rest of a word, or what it may become.
#pragma once
#include "line_editor.hpp"
#include <cw/core/task.hpp>

namespace shell {

/// Completes the word at the cursor. Commands, options, and the names of modules, methods and files
/// are known.
cw::Task<> complete(LineEditor* editor) noexcept;

} // namespace shell
