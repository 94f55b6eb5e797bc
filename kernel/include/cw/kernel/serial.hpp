// The serial port that the kernel prints on: until a module has claimed it, and on a panic.
#pragma once
#include <cstdint>

namespace cw::kernel::log {

/// Registers of a 16550 at this physical address are the kernel's to print on. 0: somebody else has
/// them now.
void use_serial_port(std::uint64_t physical) noexcept;

} // namespace cw::kernel::log
