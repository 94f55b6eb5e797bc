// The programme of a domain's process: it takes the segment window before anybody else can, maps
// what the nucleus says, and goes where the nucleus says. Freestanding, static, at a fixed address
// below the window.
#include "agent.hpp"

namespace cw::hosted {
namespace {

alignas(16) unsigned char fault_stack[32 * 1024];

[[noreturn]] void leave(int status) noexcept {
    for (;;)
        system_call(number::kExitGroup, static_cast<std::uint64_t>(status));
}

extern "C" [[noreturn, gnu::used]] void begin() noexcept {
    const long window =
        system_call(number::kMmap,
                    abi::kWindowBase,
                    abi::kWindowEnd - abi::kWindowBase,
                    0,
                    kMapPrivate | kMapFixedNoReplace | kMapAnonymous | kMapNoReserve,
                    ~std::uint64_t{0},
                    0);
    if (window != static_cast<long>(abi::kWindowBase))
        leave(kWindowTakenStatus);
    for (std::uint64_t done = 1;; ++done) {
        Command command{};
        int descriptor = -1;
        if (!receive(command, descriptor, 0))
            leave(kNoConfinementStatus);
        if (command.kind != CommandKind::start) {
            obey(command, descriptor);
            continue;
        }
        // Never comes back; the function begins as after a call.
        asm volatile("movq %0, %%rsp\n"
                     "xorl %%ebp, %%ebp\n"
                     "pushq $0\n"
                     "jmpq *%1"
                     :
                     : "r"(command.offset),
                       "r"(command.address),
                       "D"(command.bytes),
                       "S"(fault_stack),
                       "d"(sizeof(fault_stack)),
                       "c"(done)
                     : "memory");
        __builtin_unreachable();
    }
}

} // namespace
} // namespace cw::hosted

// The kernel begins with rsp aligned to 16, a called function does not.
asm(".globl _start\n"
    "_start:\n"
    "    xorl %ebp, %ebp\n"
    "    andq $-16, %rsp\n"
    "    call begin\n"
    "    ud2\n");
