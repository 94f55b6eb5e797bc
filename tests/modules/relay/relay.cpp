// A module between a caller and one that breaks: it passes echo.late on to fault.provoke and counts
// what came of it.
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/tests/fault.hpp>

CW_MODULE(relay, {.version = {1, 0}});
CW_REQUIRE(fault::provoke);

namespace {

std::uint64_t answered, failed;

cw::Task<echo::Word> pass_on(echo::Word word) noexcept {
    const auto reply = co_await fault::provoke({word.value});
    ++(reply ? answered : failed);
    if (!reply)
        co_return cw::refuse(reply.error());
    co_return echo::Word{reply->number};
}

/// The bare call through a slot, with a pattern in every register that a call keeps. `changed` is
/// 0 if they all came back.
cw::abi::RawFuture
call_and_compare(const cw::abi::Slot& slot, std::uint64_t word, std::uint64_t& changed) noexcept {
#ifdef __riscv
    register std::uint64_t a0 asm("a0") = reinterpret_cast<std::uint64_t>(&slot);
    register std::uint64_t a1 asm("a1") = word;
    register std::uint64_t t0 asm("t0") = reinterpret_cast<std::uint64_t>(slot.function);
    register std::uint64_t t1 asm("t1");
    asm volatile("addi sp, sp, -16\n sd s0, 0(sp)\n"
                 "li s0, 100\n li s1, 101\n li s2, 102\n li s3, 103\n li s4, 104\n li s5, 105\n"
                 "li s6, 106\n li s7, 107\n li s8, 108\n li s9, 109\n li s10, 110\n li s11, 111\n"
                 "jalr t0\n"
                 "addi t1, s0, -100\n"
                 "addi s1, s1, -101\n or t1, t1, s1\n addi s2, s2, -102\n or t1, t1, s2\n"
                 "addi s3, s3, -103\n or t1, t1, s3\n addi s4, s4, -104\n or t1, t1, s4\n"
                 "addi s5, s5, -105\n or t1, t1, s5\n addi s6, s6, -106\n or t1, t1, s6\n"
                 "addi s7, s7, -107\n or t1, t1, s7\n addi s8, s8, -108\n or t1, t1, s8\n"
                 "addi s9, s9, -109\n or t1, t1, s9\n addi s10, s10, -110\n or t1, t1, s10\n"
                 "addi s11, s11, -111\n or t1, t1, s11\n"
                 "ld s0, 0(sp)\n addi sp, sp, 16"
                 : "+r"(a0), "+r"(a1), "+r"(t0), "=r"(t1)
                 :
                 : "memory",
                   "ra",
                   "t2",
                   "t3",
                   "t4",
                   "t5",
                   "t6",
                   "a2",
                   "a3",
                   "a4",
                   "a5",
                   "a6",
                   "a7",
                   "s1",
                   "s2",
                   "s3",
                   "s4",
                   "s5",
                   "s6",
                   "s7",
                   "s8",
                   "s9",
                   "s10",
                   "s11");
    changed = t1;
    return {a0, a1};
#else
    auto value = reinterpret_cast<std::uint64_t>(slot.function);
    std::uint64_t state = 0;
    asm volatile("movq %%rsp, %%r8\n andq $-16, %%rsp\n pushq %%r8\n pushq %%rbp\n"
                 "movl $100, %%ebp\n movl $101, %%ebx\n movl $102, %%r12d\n movl $103, %%r13d\n"
                 "movl $104, %%r14d\n movl $105, %%r15d\n"
                 "callq *%%rax\n"
                 "leaq -100(%%rbp), %%rcx\n"
                 "subq $101, %%rbx\n orq %%rbx, %%rcx\n subq $102, %%r12\n orq %%r12, %%rcx\n"
                 "subq $103, %%r13\n orq %%r13, %%rcx\n subq $104, %%r14\n orq %%r14, %%rcx\n"
                 "subq $105, %%r15\n orq %%r15, %%rcx\n"
                 "popq %%rbp\n popq %%rsp"
                 : "+a"(value), "=c"(changed), "=d"(state)
                 : "D"(&slot), "S"(word)
                 : "memory", "cc", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");
    return {value, state};
#endif
}

/// Answers with the call's state, what it changed, and the counts.
echo::Block look_closely(echo::Block how) noexcept {
    std::uint64_t changed = 0;
    const cw::abi::RawFuture result =
        call_and_compare(cw::SlotOf<fault::provoke_method>::value, how.words[0], changed);
    return {{result.state, changed, answered, failed, 0, 0}};
}

} // namespace

CW_PROVIDE(echo::late, pass_on);
CW_PROVIDE(echo::block, look_closely);
