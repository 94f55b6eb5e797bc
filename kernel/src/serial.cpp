#include <cw/kernel/layout.hpp>
#include <cw/kernel/serial.hpp>
#include <cw/nucleus/host.hpp>

namespace cw::kernel::log {

namespace {

std::uint64_t serial_port; ///< Physical; 0 while a module owns it.
std::uint64_t known_serial_port;

void put(char c) noexcept {
    // 16550: transmitter holding register 0, line status 5, bit 5 "holding register empty".
    auto* registers = direct_as<volatile std::uint8_t>(serial_port);
    for (unsigned tries = 0; (registers[5] & 0x20) == 0 && tries < 100000; ++tries) {
    }
    registers[0] = static_cast<std::uint8_t>(c);
}

} // namespace

void use_serial_port(std::uint64_t physical) noexcept {
    serial_port = physical;
    if (physical != 0)
        known_serial_port = physical;
}

void seize() noexcept {
    serial_port = known_serial_port;
}

void show(std::string_view line) noexcept {
    if (serial_port == 0)
        return;
    for (const char c : line) {
        if (c == '\n')
            put('\r');
        put(c);
    }
    put('\r');
    put('\n');
}

} // namespace cw::kernel::log
