#include <cw/kernel/layout.hpp>
#include <cw/kernel/log.hpp>
#include <cw/kernel/spinlock.hpp>

namespace cw::kernel::log {

namespace {

constexpr std::size_t kRingBytes = 16384;

SpinLock lock;
char ring[kRingBytes];
std::uint64_t written;
std::uint64_t serial_port; ///< Physical; 0 while a module owns it.
std::uint64_t known_serial_port;

void put_serial(char c) noexcept {
    // 16550: transmitter holding register 0, line status 5, bit 5 "holding register empty".
    auto* registers = direct_as<volatile std::uint8_t>(serial_port);
    for (unsigned tries = 0; (registers[5] & 0x20) == 0 && tries < 100000; ++tries) {
    }
    registers[0] = static_cast<std::uint8_t>(c);
}

void put_locked(char c) noexcept {
    ring[written++ % kRingBytes] = c;
    if (serial_port != 0) {
        if (c == '\n')
            put_serial('\r');
        put_serial(c);
    }
}

} // namespace

void use_serial_port(std::uint64_t physical) noexcept {
    const Locked hold{lock};
    serial_port = physical;
    if (physical != 0)
        known_serial_port = physical;
}

void seize_serial_port() noexcept {
    serial_port = known_serial_port;
}

void write(std::string_view line) noexcept {
    const Locked hold{lock};
    for (const char c : line)
        put_locked(c);
    put_locked('\n');
}

std::size_t read(std::uint64_t& from, char* into, std::size_t capacity) noexcept {
    const Locked hold{lock};
    if (from > written)
        from = written;
    if (written - from > kRingBytes)
        from = written - kRingBytes;
    std::size_t count = 0;
    while (from < written && count < capacity)
        into[count++] = ring[from++ % kRingBytes];
    return count;
}

std::uint64_t end() noexcept {
    const Locked hold{lock};
    return written;
}

} // namespace cw::kernel::log
