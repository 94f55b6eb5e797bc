// Where what commands show goes: in the shell to the console (sink.cpp), in the module control to
// who has asked for it.
#pragma once
#include <cstdint>
#include <cw/core/task.hpp>

namespace shell {

/// Line feeds get a carriage return.
extern const bool kForTerminal;

/// Sends the first `bytes` of Workspace::output. Blocks: until they may be written over. Requires:
/// not 0.
cw::Task<> send_output(std::uint64_t bytes) noexcept;

} // namespace shell
