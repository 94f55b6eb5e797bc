// As wild_call.cpp, on Linux: a wake is a descriptor, a wait a sleep, a call a page of words. Any
// other number would be a system call that domains do not have, and the end; those are deeds.
#include "calls.hpp"
#include "wild_call.hpp"
#include <iterator>

namespace hostile {

std::uint64_t wild_call(const Registers& registers) noexcept {
    switch (registers.a[7]) {
    case 0: // any descriptor that a doorbell may be
        static_cast<void>(cw::raw::wake(registers.a[0] & 0xffff));
        return 1;
    case 1:
        cw::raw::wait(registers.a[0], cw::abi::kNoDoorbell);
        return 1;
    case 2: {
        const std::uint64_t words[6] = {registers.a[1],
                                        registers.a[2],
                                        registers.a[3],
                                        registers.a[4],
                                        registers.a[5],
                                        registers.a[6]};
        call(2, registers.a[0], words, registers.t1);
        return 2 + std::size(words);
    }
    default: { // every word of the page, and a call nobody asked for
        cw::hosted::CallPage& page = call_page();
        auto* words = reinterpret_cast<volatile std::uint64_t*>(&page);
        for (std::uint64_t i = 1; i < sizeof(page) / 8; ++i)
            words[i] = registers.a[i % 7];
        page.commands_done = registers.a[0];
        page.grant = 1; // not a report, which may be a deed
        // The last word of a call that goes on, and of a process that is gone.
        const auto ended = static_cast<std::uint32_t>(cw::hosted::CallState::ended);
        page.state.store(registers.t1 % 2 == 0 ? ended : static_cast<std::uint32_t>(registers.a[7]),
                         cw::Order::release);
        cw::hosted::futex_wake(page.state);
        return sizeof(page) / 8;
    }
    }
}

void wild_fault(const Registers& registers) noexcept {
    asm volatile("movq %1, %%rbp\n"
                 "movq %1, %%rbx\n"
                 "movq %0, %%rsp\n"
                 "ud2"
                 :
                 : "r"(registers.sp), "r"(registers.others));
    __builtin_unreachable();
}

} // namespace hostile
