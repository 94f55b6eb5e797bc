// Going back to whoever called a module that was stopped, and looking at kernel stacks.
#pragma once
#include <cstdint>
#include <cw/kernel/trap.hpp>
#include <cw/nucleus/domain.hpp>

namespace cw::kernel {

/// Takes the frames of a stopped module off the stack: `frame` goes on where its caller, the first
/// frame outside of it, sees the call return {0, Status::peer_died}, with every register that a
/// call keeps. False, and `frame` is as it was: there is no such caller that can be relied on.
/// Requires: `frame` is a trap of `self` in the kernel, in the module or in what it called.
/// Untrusted: the registers, the stack, the module's call frame information.
/// Context: interrupts off. Locks: kernel_lock held.
[[nodiscard]] bool
return_to_caller(const Thread& self, const ModuleInstance& stopped, TrapFrame& frame) noexcept;

/// As the nucleus' borrower_running(), of this thread. Requires, context: as return_to_caller().
[[nodiscard]] ModuleInstance* borrower_running(const Thread& self, const TrapFrame& frame) noexcept;

/// True if the kernel image has code there.
[[nodiscard]] bool is_kernel_code(std::uint64_t address) noexcept;

/// True if there is code of the kernel or of a kernel-placed module, and the instruction in front
/// of it is a call. Locks: kernel_lock held.
[[nodiscard]] bool is_return_address(std::uint64_t address) noexcept;

/// Reads a word of the thread's own kernel stack; false if the address lies elsewhere.
[[nodiscard]] bool
read_stack(const Thread& thread, std::uint64_t address, std::uint64_t& word) noexcept;

/// Calls `f` with each word from `sp` up, nearest first; with none if `sp` is not in the stack and
/// not below it.
template <class F>
void for_each_stack_word(const Thread& thread, std::uint64_t sp, F&& f) noexcept {
    const std::uint64_t bottom = thread.stack_top - kKernelStackPages * kPage;
    std::uint64_t word = 0;
    for (std::uint64_t at = round_up(sp < bottom ? bottom : sp, sizeof(word));
         read_stack(thread, at, word);
         at += sizeof(word))
        f(word);
}

} // namespace cw::kernel
