// Runs code one instruction at a time, in this very process. For tests on x86-64 Linux.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/loader/unwind.hpp>
#include <span>

namespace cw::loader::test {

/// Is told the registers in front of every instruction, and may change them.
class StepObserver {
public:
    /// Context: a signal handler on a stack of its own; must not allocate.
    virtual void before(FrameRegisters& registers) noexcept = 0;

protected:
    ~StepObserver() = default;
};

using SteppedFunction = std::uint64_t (*)(std::uint64_t argument);

/// The registers in which a function returns two words.
struct Returned {
    std::uint64_t first;
    std::uint64_t second;
};

/// Calls the function on `stack`, with a value of its own in each register that a call keeps. The
/// observer sees the call instruction, every instruction of the function and of what it calls, and
/// at least one behind the call.
/// Requires: one call at a time; `stack` ends at a multiple of 16.
Returned single_step(SteppedFunction function,
                     std::uint64_t argument,
                     std::span<std::byte> stack,
                     StepObserver& observer);

} // namespace cw::loader::test
