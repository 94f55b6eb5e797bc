// Waiting for a shared variable as a command does: until it changes, or until the user has seen
// enough. Whoever runs the commands knows how a user says that: the shell in keyboard.cpp.
#pragma once
#include <cw/core/future.hpp>
#include <cw/core/service/variables.hpp>
#include <cw/core/task.hpp>

namespace shell {

/// A call that waits for a variable.
using Change = cw::Future<cw::variables::wait_method>;

/// Waits until the variable is not any more what was seen of it, and says what it is now. Requires:
/// everything that was put out is flushed; other commands may run meanwhile.
/// Errors: cancelled (the user wants to stop); those of variables::wait but timed_out.
cw::Task<cw::variables::Seen> change_of(cw::variables::Watch watch) noexcept;

} // namespace shell
