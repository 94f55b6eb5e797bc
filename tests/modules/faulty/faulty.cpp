// A module that breaks the machine's rules on request: it answers echo.ping, and the value says
// how.
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>

namespace {

volatile std::uint64_t sink;

[[gnu::noinline]] std::uint64_t overflow_stack(std::uint64_t depth) noexcept {
    volatile std::uint64_t room[64];
    room[depth % 64] = depth;
    return (depth == ~std::uint64_t{0} ? 0 : overflow_stack(depth + 1)) + room[(depth + 1) % 64];
}

echo::Word ping(echo::Word word) noexcept {
    switch (word.value) {
    case 1:
        sink = *reinterpret_cast<volatile std::uint64_t*>(8);
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
        asm volatile(".word 0");
        break;
    case 6:
        *reinterpret_cast<volatile std::uint64_t*>(0xffff'ffff'8020'0000) = 1;
        break;
    case 7: // its own code
        *reinterpret_cast<volatile std::uint32_t*>(&ping) = 0;
        break;
    default:
        break;
    }
    return {word.value + 1};
}

} // namespace

CW_MODULE(faulty, {.version = {1, 0}});
CW_PROVIDE(echo::ping, ping);
