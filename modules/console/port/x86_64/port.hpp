// Driver of the terminal that a host gives its console: cw/abi/terminal.hpp.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cw/abi/terminal.hpp>
#include <cw/core/service/system.hpp>
#include <cw/sdk/module.hpp>

namespace port {

inline constexpr const char* kCompatible = "causeway,terminal";
inline cw::abi::DeviceGrant device{};

inline cw::abi::TerminalPage& page() noexcept {
    return *reinterpret_cast<cw::abi::TerminalPage*>(device.registers);
}

/// The host takes what is in the ring. It does so at once, whatever becomes of the future.
inline void kick() noexcept {
    static_cast<void>(cw::interrupts::acknowledge({device.interrupt}));
}

inline void transmit(const char* bytes, std::size_t size) noexcept {
    cw::abi::TerminalPage& ring = page();
    std::uint32_t tail = __atomic_load_n(&ring.output_tail, __ATOMIC_RELAXED);
    for (unsigned tries = 0; size != 0 && tries < 1000;) {
        const std::uint32_t used = tail - __atomic_load_n(&ring.output_head, __ATOMIC_ACQUIRE);
        const std::size_t room =
            used > cw::abi::kTerminalOutputBytes ? 0 : cw::abi::kTerminalOutputBytes - used;
        const std::size_t count = std::min(size, room);
        for (std::size_t i = 0; i < count; ++i)
            ring.output[tail++ % cw::abi::kTerminalOutputBytes] = *bytes++;
        size -= count;
        tries = count == 0 ? tries + 1 : 0; // a terminal that takes nothing loses what comes
        __atomic_store_n(&ring.output_tail, tail, __ATOMIC_RELEASE);
        kick();
    }
}

/// The next byte that has come; false if there is none.
inline bool receive(char& byte) noexcept {
    cw::abi::TerminalPage& ring = page();
    const std::uint32_t head = __atomic_load_n(&ring.input_head, __ATOMIC_RELAXED);
    const std::uint32_t here = __atomic_load_n(&ring.input_tail, __ATOMIC_ACQUIRE) - head;
    if (here == 0 || here > cw::abi::kTerminalInputBytes)
        return false;
    byte = ring.input[head % cw::abi::kTerminalInputBytes];
    __atomic_store_n(&ring.input_head, head + 1, __ATOMIC_RELEASE); // pairs with the host's acquire
    return true;
}

inline void start() noexcept {}

} // namespace port
