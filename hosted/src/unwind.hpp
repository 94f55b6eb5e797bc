// Looking at the stack of a thread of the nucleus process, and going back to whoever called a
// module that was stopped.
#pragma once
#include "host.hpp"
#include "sanitizer.hpp"
#include <cw/loader/call_convention.hpp>
#include <cw/loader/unwind.hpp>
#include <ucontext.h>

namespace cw::hosted {

[[nodiscard]] loader::FrameRegisters registers_of(const ucontext_t& context) noexcept;
void put_registers(ucontext_t& context, const loader::FrameRegisters& registers) noexcept;
[[nodiscard]] inline std::uint64_t stack_pointer(const loader::FrameRegisters& registers) noexcept {
    return registers.r[loader::kX86_64Calls.stack_pointer];
}

/// True if code of this process that is no module's lies there.
[[nodiscard]] bool is_nucleus_code(std::uint64_t address) noexcept;
/// True if code of the nucleus or of a kernel-placed module lies there, and the instruction in
/// front of it is a call. Locks: kernel_lock held.
[[nodiscard]] bool is_return_address(std::uint64_t address) noexcept;
[[nodiscard]] bool in_stack(const Thread& thread, std::uint64_t address) noexcept;
/// True if the address lies in the page that nobody may touch below a stack.
[[nodiscard]] bool in_guard(const Thread& thread, std::uint64_t address) noexcept;

/// True if a module has called ops.fail: r4 is its message, r1 the length of that.
[[nodiscard]] bool gives_up(const loader::FrameRegisters& at) noexcept;

/// The caller of the function that was interrupted at `at`.
[[nodiscard]] Result<loader::FrameRegisters> caller_of(const Thread& self,
                                                       const loader::FrameRegisters& at) noexcept;
/// As kernel::borrower_running(), of this thread.
[[nodiscard]] ModuleInstance* borrower_running(const Thread& self,
                                               const loader::FrameRegisters& trap) noexcept;
/// Takes the frames of a stopped module off the stack: `at` goes on where its caller, the first
/// frame outside of it, sees the call return {0, Status::peer_died}, with every register that a
/// call keeps. False, and `at` is as it was: there is no such caller that can be relied on.
/// Untrusted: the registers, the stack, the module's call frame information. Locks: kernel_lock
/// held.
[[nodiscard]] bool return_to_caller(const Thread& self,
                                    const ModuleInstance& stopped,
                                    loader::FrameRegisters& at) noexcept;
/// Makes `at` go on at the beginning of the thread's loop, all frames forgotten.
void leave_frames(Thread& self, loader::FrameRegisters& at) noexcept;
/// A back trace into the log.
void describe_stack(const Thread& self, const loader::FrameRegisters& at) noexcept;

/// A word of a stack, whatever lies there.
[[nodiscard]] CW_READS_STACKS inline std::uint64_t stack_word(std::uint64_t address) noexcept {
    return *reinterpret_cast<const std::uint64_t*>(address);
}

/// Calls `f` with each word from `sp` up, nearest first.
template <class F>
void for_each_stack_word(const Thread& thread, std::uint64_t sp, F&& f) noexcept {
    std::uint64_t at = (sp < thread.stack_bottom ? thread.stack_bottom : sp) & ~std::uint64_t{7};
    for (; in_stack(thread, at); at += sizeof(std::uint64_t))
        f(stack_word(at));
}

} // namespace cw::hosted
