// Call frame information of any kind, of either machine: the first bytes are the registers, the
// rest is the table, or the instructions of a table that is otherwise as it should be. What comes
// out must be a frame above the one that went in.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cw/loader/call_convention.hpp>
#include <cw/loader/unwind.hpp>
#include <memory>
#include <span>

#include "frame_table.hpp"

using namespace cw::loader;

namespace {

constexpr std::uint64_t kTable = test::FrameTableBytes::kAddress;
constexpr std::uint64_t kStack = 0x7000;

struct Start {
    std::uint16_t place; ///< Distance of pc from the table, or from the function.
    std::uint16_t stack_words;
    std::uint8_t registers[8]; ///< In words of the stack: x8 and its like.
    std::uint8_t choices;      ///< Bit 0: x86-64. Bit 1: instructions only.
};

[[noreturn]] void report(const char* what) {
    std::fprintf(stderr, "unwind_fuzz: %s\n", what);
    std::abort();
}

/// Every word of the stack is its own address, which says where a register has been read from.
struct Stack {
    std::uint64_t end;
    std::uint64_t lowest; ///< What has been read.

    static bool read(void* context, std::uint64_t address, std::uint64_t& word) noexcept {
        Stack& stack = *static_cast<Stack*>(context);
        stack.lowest = std::min(stack.lowest, address);
        word = address;
        return address >= kStack && address < stack.end;
    }
};

void check(const CallConvention& calls,
           const FrameRegisters& before,
           const FrameRegisters& caller,
           const Stack& stack) {
    const std::uint64_t sp = before.r[calls.stack_pointer], frame = caller.r[calls.stack_pointer];
    if (frame < sp + calls.pushed_bytes || frame % 16 != 0)
        report("the caller's frame is not above");
    if (caller.pc != caller.r[calls.return_address])
        report("the caller is not where the function returns to");
    for (std::size_t i = 0; i < 32; ++i) {
        if (!contains(calls.integers, i) && i != calls.return_address && caller.r[i] != before.r[i])
            report("a register that does not exist has changed");
    }
    if (calls.pushed_bytes == 0)
        return;
    if (caller.pc != frame - calls.pushed_bytes)
        report("the return address is not what the call has pushed");
    if (stack.lowest < sp)
        report("something below the stack pointer was read");
}

void unwind(const FrameTable& table, const FrameRegisters& registers, Stack stack) {
    for (const PcKind kind : {PcKind::interrupted, PcKind::return_address}) {
        const auto caller =
            caller_frame(table, registers, kind, {.read = Stack::read, .context = &stack});
        const auto begin = function_begin(table, registers.pc, kind);
        if (caller && !begin)
            report("a function has a caller, but no beginning");
        if (caller)
            check(*call_convention(table.machine), registers, *caller, stack);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Start start;
    if (size < sizeof(start))
        return 0;
    std::memcpy(&start, data, sizeof(start));
    const std::span<const std::uint8_t> rest{data + sizeof(start), size - sizeof(start)};

    const bool x86_64 = (start.choices & 1) != 0, instructions_only = (start.choices & 2) != 0;
    const std::uint16_t machine = x86_64 ? elf::kMachineX86_64 : elf::kMachineRiscv;
    test::FrameTableBytes wrapped{machine};
    if (instructions_only)
        wrapped.common().function(kTable, 0x1'0000, rest);
    const std::span<const std::uint8_t> bytes = instructions_only ? wrapped.bytes() : rest;
    // A copy of exactly this size, so that the sanitizer sees every byte read beyond it.
    const auto copy = std::make_unique<std::byte[]>(bytes.size());
    std::ranges::copy(std::as_bytes(bytes), copy.get());

    FrameRegisters registers{};
    for (std::uint64_t i = 0; i < 32; ++i)
        registers.r[i] = kStack + 8 * std::uint64_t{start.registers[i % 8]};
    registers.pc = kTable + start.place;
    const Stack stack{.end = kStack + 8 * std::uint64_t{start.stack_words},
                      .lowest = ~std::uint64_t{0}};
    unwind({{copy.get(), bytes.size()}, kTable, machine}, registers, stack);
    return 0;
}
