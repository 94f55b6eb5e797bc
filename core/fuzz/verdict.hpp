// What must hold of the runtime whatever a peer has written; and how a fuzzer says that it does
// not.
#pragma once
#include "world.hpp"

#include <cstdint>

namespace cw::fuzz {

/// Ends the process, which the fuzzer takes for a finding.
[[noreturn]] void report(const char* what);

inline void require(bool holds, const char* otherwise) {
    if (!holds)
        report(otherwise);
}

/// How often a list of reports says this of an end: as Report has it, with client << 32.
[[nodiscard]] std::uint64_t
told(const std::vector<test::Told>& reports, abi::Report kind, std::uint64_t end);

/// Nothing of a module is in use any more: no entry of its pool, no coroutine frame.
void require_whole(const test::Module& module);
/// No future holds an entry of this channel's pool.
void require_unused(const test::Channel& channel);
/// No deadline is armed, nothing is ready to run.
void require_idle(test::ExecutorThread& thread);

} // namespace cw::fuzz
