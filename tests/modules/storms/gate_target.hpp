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

/// Notes that were asked for with `burst` and answered rightly, since it was loaded.
CW_METHOD(gate_noise, burst, Count, Count, 1, 0);

/// What a client does: its pace, and how many times it begins anew, each time with a `hold` for so
/// many notes of gate_noise, or without if it is 0.
struct Orders {
    storms::Pace pace;
    std::uint64_t times;
    std::uint64_t hold;
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
