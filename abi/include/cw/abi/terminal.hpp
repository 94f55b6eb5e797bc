// The terminal that a host without a serial port gives its console: one page of memory with two
// byte rings. The driver asks for it as for any device (compatible "causeway,terminal"); the host
// counts an interrupt when bytes have come in, and takes what is to go out when the driver
// acknowledges its interrupt, before that returns.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cw::abi {

inline constexpr std::uint32_t kTerminalInputBytes = 1024;
inline constexpr std::uint32_t kTerminalOutputBytes = 2048;

/// Indices run freely and wrap; each has one writer. Neither side believes the other's: more than
/// the ring holds is taken for nothing.
struct TerminalPage {
    std::uint32_t
        input_tail; ///< The host's: release after the bytes; pairs with the driver's acquire.
    std::uint32_t input_head; ///< The driver's.
    std::uint32_t
        output_tail; ///< The driver's: release after the bytes; pairs with the host's acquire.
    std::uint32_t output_head; ///< The host's: release after the bytes are out; pairs with the
                               ///< driver's acquire.
    char input[kTerminalInputBytes];
    char output[kTerminalOutputBytes];
};
static_assert(sizeof(TerminalPage) <= 4096);

} // namespace cw::abi
