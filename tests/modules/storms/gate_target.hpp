// The storm before a gate: clients call one module on their own threads, or from within its own
// domain, and find it free, busy, or with requests that wait.
#pragma once
#include "caller.hpp"
#include "numbered.hpp"
#include <cstdint>
#include <cw/core/future.hpp>

namespace gates {

inline constexpr std::uint32_t kClients = 3;
inline constexpr std::uint32_t kNoise = kClients; ///< The client number of gate_noise.
inline constexpr std::uint64_t kMostNotes = 8;    ///< Of one `burst`.

struct Account {
    std::uint64_t entered;
    std::uint64_t out_of_order; ///< Items that did not have the number after their client's last.
    std::uint64_t met;          ///< Times a handler began while another was between its ends.
};
struct Count {
    std::uint64_t value;
};

CW_METHOD(gate_target, note, storms::Item, storms::Answer, 1, 0);
CW_METHOD(gate_target, account, cw::Nothing, Account, 1, 0);
/// Has gate_noise call `note` so many times from within this call: in one domain they find the
/// module on the stack.
CW_METHOD(gate_target, hold, Count, cw::Nothing, 1, 0);

/// What `note` must answer.
CW_METHOD(gate_far, far, storms::Item, storms::Answer, 1, 0);

/// Calls `note` so many times at once. The reply: how many have been answered rightly since
/// gate_noise was loaded.
CW_METHOD(gate_noise, burst, Count, Count, 1, 0);

/// What a client does: its pace, and how many times it begins anew. Each time gate_noise calls so
/// many notes first from within a `hold`, and then so many from outside, which must not overtake
/// them. 0: it calls none.
struct Orders {
    storms::Pace pace;
    std::uint64_t times;
    std::uint64_t notes;
};

#define CW_GATE_CLIENT(n)                                                                          \
    namespace client_##n {                                                                         \
        CW_METHOD(gate_client_##n, drive, Orders, storms::Tally, 1, 0);                            \
    }
CW_GATE_CLIENT(0)
CW_GATE_CLIENT(1)
CW_GATE_CLIENT(2)
#undef CW_GATE_CLIENT

} // namespace gates
