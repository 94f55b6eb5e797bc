// The system call `call` with whatever an attacker likes.
#pragma once
#include <cw/sdk/arch/raw_calls.hpp>

#ifdef __riscv
namespace hostile {
using cw::raw::call;
}
#else
#include "../../../hosted/shared/futex.hpp"
#include "../../../hosted/shared/protocol.hpp"
#include <cw/core/executor.hpp>
#include <cw/nucleus/host_offset.hpp>

namespace hostile {

[[nodiscard]] inline cw::hosted::CallPage& call_page() noexcept {
    return *reinterpret_cast<cw::hosted::CallPage*>(cw_module.home->start->run_base +
                                                    cw::kernel::kHostOffset);
}

struct CallResult {
    std::uint64_t value, state;
};

/// On Linux a call is words in a page; there is one call, whatever its number.
inline CallResult call(std::uint64_t,
                       std::uint64_t grant,
                       const std::uint64_t (&words)[6],
                       std::uint64_t cookie) noexcept {
    using cw::Order;
    cw::hosted::CallPage& page = call_page();
    page.grant = grant;
    page.cookie = cookie;
    for (int i = 0; i < 6; ++i)
        page.words[i] = words[i];
    constexpr auto kAsked = static_cast<std::uint32_t>(cw::hosted::CallState::asked);
    page.state.store(kAsked, Order::release);
    cw::hosted::futex_wake(page.state);
    for (unsigned looks = 0; page.state.load(Order::acquire) == kAsked; ++looks) {
        if (looks > 200)
            cw::hosted::futex_wait(page.state, kAsked);
    }
    return {page.value, page.outcome};
}

} // namespace hostile
#endif
