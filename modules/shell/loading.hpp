// Loading modules, and finding out what is loaded.
#pragma once
#include "load_options.hpp"
#include "table.hpp"
#include <cw/abi/status.hpp>
#include <cw/abi/syscall.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/task.hpp>
#include <string_view>

namespace shell {

/// What the kernel said to a load or unload.
struct Outcome {
    cw::Status status;
    std::string_view text; ///< In Workspace::reply, until the next call.
};

cw::Task<Outcome> load(LoadOptions options) noexcept;
/// Errors: timed_out (at `deadline_ticks` the module was still busy).
cw::Task<Outcome> unload(std::string_view module,
                         std::uint64_t deadline_ticks = cw::abi::kNoDeadline) noexcept;
/// A table of the kernel, in Workspace::reply until the next call.
cw::Task<std::string_view> describe(cw::modules::What what) noexcept;
cw::Task<bool> is_loaded(std::string_view module) noexcept;

/// True if the calls of the shell to `target`, a service or one method, have somewhere to go: to
/// `provider`, if one is named.
cw::Task<bool> is_linked(std::string_view target, std::string_view provider = {}) noexcept;
/// Waits until is_linked(): the kernel links loaded modules to a new provider only when their
/// executor is at rest. Errors: timed_out.
cw::Task<> wait_until_linked(std::string_view target, std::string_view provider = {}) noexcept;

enum class Tell { no, yes };
/// Loads `module`, which provides the service of its name, as a process of its own unless it is
/// there already. False: that failed, and the user was told why.
cw::Task<bool> ensure(std::string_view module, Tell tell = Tell::yes) noexcept;
/// As ensure(), for one method: whatever module provides it will do; if none does, the one that is
/// named like its service is loaded.
cw::Task<bool> ensure_method(std::string_view method) noexcept;
/// For when the console does not answer: loads it again if it has ended.
cw::Task<> bring_console_back() noexcept;

} // namespace shell
