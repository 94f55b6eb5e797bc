// A module that breaks the machine's rules on request: it answers echo.ping and fault.provoke, and
// the value says how.
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <cw/tests/fault.hpp>
#include <cw/tests/machine.hpp>

extern "C" [[noreturn]] void abort() noexcept;

namespace {

volatile std::uint64_t sink;

void read_null() noexcept {
    sink = *reinterpret_cast<volatile std::uint64_t*>(8);
}

[[gnu::noinline]] std::uint64_t overflow_stack(std::uint64_t depth) noexcept {
    volatile std::uint64_t room[64];
    room[depth % 64] = depth;
    return (depth == ~std::uint64_t{0} ? 0 : overflow_stack(depth + 1)) + room[(depth + 1) % 64];
}

/// Faults below a number of frames that all have something to keep.
[[gnu::noinline]] std::uint64_t fault_deep(std::uint64_t depth) noexcept {
    const std::uint64_t before = sink;
    if (depth == 0)
        read_null();
    else
        sink = fault_deep(depth - 1);
    return sink + before + depth;
}

/// Its caller's values of these registers are in its frame only when it faults.
[[gnu::noinline]] void fault_with_all_registers() noexcept {
    machine::read_nowhere_with_all_registers();
}

/// Writes over every frame of its thread, up to where the stack ends.
[[gnu::noinline]] void overwrite_stack() noexcept {
    for (auto* word = static_cast<volatile std::uint64_t*>(__builtin_frame_address(0));; ++word)
        *word = 0x5a5a'5a5a'5a5a'5a58;
}

std::uint64_t provoke(std::uint64_t number) noexcept {
    switch (number) {
    case 1:
        read_null();
        break;
    case 2:
        reinterpret_cast<void (*)()>(0x1234'5678'0000)();
        break;
    case 3:
        sink = overflow_stack(0);
        break;
    case 4:
        for (;;)
            sink = sink + 1;
    case 5:
        machine::run_illegal_instruction();
        break;
    case 6:
        *reinterpret_cast<volatile std::uint64_t*>(0xffff'ffff'8020'0000) = 1;
        break;
    case 7: // its own code
        *reinterpret_cast<volatile std::uint32_t*>(&provoke) = 0;
        break;
    case 8:
        fault_with_all_registers();
        break;
    case 9:
        abort();
    case 10:
        overwrite_stack();
        break;
    case 11:
        sink = fault_deep(20);
        break;
    case 12: // when somebody else waits
        while ((cw_module.gate.load(cw::Order::relaxed) & cw::kGateQueued) == 0)
            ;
        read_null();
        break;
    case 13: // in the kernel, which it has called with an address that is none
        cw_module.ops->release(reinterpret_cast<cw::Pending*>(8));
        break;
    default:
        break;
    }
    return number + 1;
}

echo::Word ping(echo::Word word) noexcept {
    return {provoke(word.value)};
}

cw::Task<fault::How> doze(fault::How how) noexcept {
    const std::uint64_t end = cw::ticks_after_ns(how.number * 1000);
    while (cw_module.ops->now() < end)
        static_cast<void>(co_await cw::sleep_ns(how.number * 1000));
    read_null();
    co_return how;
}

} // namespace

CW_MODULE(faulty, {.version = {1, 0}});
CW_PROVIDE(echo::ping, ping);
CW_PROVIDE(fault::provoke, [](fault::How how) noexcept { return fault::How{provoke(how.number)}; });
CW_PROVIDE(fault::doze, doze);
