// What tests do with the registers that a call keeps.
#pragma once
#include <cstdint>
#include <cw/abi/call.hpp>

namespace cw::tests {

/// Its caller's values of these registers are in its frame only when it faults.
[[gnu::noinline]] inline void fault_with_all_registers() noexcept {
    asm volatile("mov $-1, %%rbx\n mov $-1, %%r12\n mov $-1, %%r13\n mov $-1, %%r14\n"
                 "mov $-1, %%r15\n mov 8, %%rax"
                 :
                 :
                 : "rax", "rbx", "r12", "r13", "r14", "r15", "memory");
}

/// The bare call through a slot, with a pattern in every register that a call keeps. `changed` is
/// 0 if they all came back.
inline abi::RawFuture
call_and_compare(const abi::Slot& slot, std::uint64_t word, std::uint64_t& changed) noexcept {
    auto first = reinterpret_cast<std::uint64_t>(&slot);
    auto function = reinterpret_cast<std::uint64_t>(slot.function);
    std::uint64_t state;
    asm volatile("mov %%rsp, %%r11\n and $-16, %%rsp\n push %%r11\n push %%rbp\n"
                 "mov $100, %%ebp\n mov $101, %%ebx\n mov $102, %%r12d\n mov $103, %%r13d\n"
                 "mov $104, %%r14d\n mov $105, %%r15d\n"
                 "call *%%rax\n"
                 "sub $100, %%rbp\n sub $101, %%rbx\n sub $102, %%r12\n sub $103, %%r13\n"
                 "sub $104, %%r14\n sub $105, %%r15\n or %%rbp, %%rbx\n or %%rbx, %%r12\n"
                 "or %%r12, %%r13\n or %%r13, %%r14\n or %%r14, %%r15\n mov %%r15, %%rcx\n"
                 "pop %%rbp\n pop %%rsp"
                 : "+D"(first), "+S"(word), "+a"(function), "=d"(state), "=c"(changed)
                 :
                 : "memory", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");
    return {function, state};
}

} // namespace cw::tests
