#include "single_step.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <ucontext.h>
#include <vector>

// Changes to the other stack, and sets the trap flag (bit 8) for the length of the call. A trap
// comes behind each instruction that begins with the flag set: the first behind the nop. The signal
// is handled with the flag clear. Source: Intel SDM 3, 18.3.1.4.
// clang-format off
asm(R"(
    .text
    .type cw_test_step, @function
cw_test_step:               # rdi: function, rsi: argument, rdx: top of the stack
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rax
    movq %rdx, %rsp
    pushq %rax
    pushq %rax
    movq %rdi, %rax
    movq %rsi, %rdi
    movq $0x5103, %rbx
    movq $0x5106, %rbp
    movq $0x510c, %r12
    movq $0x510d, %r13
    movq $0x510e, %r14
    movq $0x510f, %r15
    pushfq
    orq $0x100, (%rsp)
    popfq
    nop
    call *%rax
    pushfq
    andq $~0x100, (%rsp)
    popfq
    popq %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
    .size cw_test_step, . - cw_test_step
)");
// clang-format on

extern "C" cw::loader::test::Returned cw_test_step(cw::loader::test::SteppedFunction function,
                                                   std::uint64_t argument,
                                                   std::byte* stack_top) noexcept;

namespace cw::loader::test {

namespace {

StepObserver* observer_now = nullptr;

void trapped(int, siginfo_t*, void* context) noexcept {
    auto& saved = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    constexpr int kByNumber[] = {REG_RAX,
                                 REG_RDX,
                                 REG_RCX,
                                 REG_RBX,
                                 REG_RSI,
                                 REG_RDI,
                                 REG_RBP,
                                 REG_RSP,
                                 REG_R8,
                                 REG_R9,
                                 REG_R10,
                                 REG_R11,
                                 REG_R12,
                                 REG_R13,
                                 REG_R14,
                                 REG_R15};
    FrameRegisters registers{};
    for (std::size_t i = 0; i < std::size(kByNumber); ++i)
        registers.r[i] = static_cast<std::uint64_t>(saved[kByNumber[i]]);
    registers.pc = static_cast<std::uint64_t>(saved[REG_RIP]);
    observer_now->before(registers);
    for (std::size_t i = 0; i < std::size(kByNumber); ++i)
        saved[kByNumber[i]] = static_cast<greg_t>(registers.r[i]);
    saved[REG_RIP] = static_cast<greg_t>(registers.pc);
}

} // namespace

Returned single_step(SteppedFunction function,
                     std::uint64_t argument,
                     std::span<std::byte> stack,
                     StepObserver& observer) {
    // Not on the stack that is looked at: what lies below its stack pointer must stay as it is.
    std::vector<std::byte> handler_stack(256 * 1024);
    stack_t alternate{}, alternate_before{};
    alternate.ss_sp = handler_stack.data();
    alternate.ss_size = handler_stack.size();
    struct sigaction action{}, action_before{};
    action.sa_sigaction = trapped;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    EXPECT_EQ(sigaltstack(&alternate, &alternate_before), 0);
    EXPECT_EQ(sigaction(SIGTRAP, &action, &action_before), 0);
    observer_now = &observer;
    const Returned value = cw_test_step(function, argument, stack.data() + stack.size());
    observer_now = nullptr;
    EXPECT_EQ(sigaction(SIGTRAP, &action_before, nullptr), 0);
    EXPECT_EQ(sigaltstack(&alternate_before, nullptr), 0);
    return value;
}

} // namespace cw::loader::test
