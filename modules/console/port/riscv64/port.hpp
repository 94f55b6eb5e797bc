// Driver of the 16550 UART (National Semiconductor PC16550D data sheet).
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/sdk/module.hpp>

namespace port {

inline constexpr const char* kCompatible = "ns16550a";
inline cw::abi::DeviceGrant device{};

// Registers, byte wide.
inline constexpr unsigned kData = 0; // receiver buffer / transmitter holding
inline constexpr unsigned kInterruptEnable = 1;
inline constexpr unsigned kFifoControl = 2;
inline constexpr unsigned kLineStatus = 5;
inline constexpr std::uint8_t kDataReady = 1 << 0;
inline constexpr std::uint8_t kTransmitterEmpty = 1 << 5;
inline constexpr unsigned kFifoBytes = 16;

inline volatile std::uint8_t& reg(unsigned index) noexcept {
    return reinterpret_cast<volatile std::uint8_t*>(device.registers)[index];
}

/// Writes bytes as the transmitter takes them: when its holding register is empty, the FIFO behind
/// it has room for 16.
inline void transmit(const char* bytes, std::size_t size) noexcept {
    volatile std::uint8_t& status = reg(kLineStatus);
    volatile std::uint8_t& data = reg(kData);
    const char* const end = bytes + size;
    while (bytes != end) {
        while ((status & kTransmitterEmpty) == 0) {
        }
        const char* const burst =
            static_cast<std::size_t>(end - bytes) < kFifoBytes ? end : bytes + kFifoBytes;
        while (bytes != burst)
            data = static_cast<std::uint8_t>(*bytes++);
    }
}

/// The next byte that has come; false if there is none.
inline bool receive(char& byte) noexcept {
    if ((reg(kLineStatus) & kDataReady) == 0)
        return false;
    byte = static_cast<char>(reg(kData));
    return true;
}

inline void start() noexcept {
    reg(kFifoControl) = 0x07;     // FIFOs on and empty
    reg(kInterruptEnable) = 0x01; // interrupt when data has come
}

} // namespace port
