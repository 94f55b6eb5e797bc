// The kernel log: lines for people. Kept in memory; printed on the serial port until a module has
// claimed it, and on a panic.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/text.hpp>
#include <string_view>

namespace cw::kernel::log {

/// Context: any. Takes the log lock.
void write(std::string_view line) noexcept;

template <class... Args>
void line(std::string_view pattern, const Args&... args) noexcept {
    write(Text<320>{pattern, args...}.view());
}

/// Registers of a 16550 at this physical address are the kernel's to print on. 0: somebody else has
/// them now.
void use_serial_port(std::uint64_t physical) noexcept;
/// From now on lines go to the serial port whoever owns it: the kernel is about to stop.
void seize_serial_port() noexcept;

/// Copies log bytes from position `from`; returns how many. Positions older than the ring start at
/// its oldest byte; `from` is updated.
std::size_t read(std::uint64_t& from, char* into, std::size_t capacity) noexcept;
/// Position after the newest byte.
[[nodiscard]] std::uint64_t end() noexcept;

} // namespace cw::kernel::log
