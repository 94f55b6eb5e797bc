// What is known once the machine has been looked at.
#pragma once
#include <cstdint>
#include <cw/kernel/fdt.hpp>

namespace cw::kernel {

[[nodiscard]] const Machine& machine() noexcept;
[[nodiscard]] std::uint64_t ticks_per_second() noexcept;

/// Ends the machine: 0 is success, 1..255 a status for the caller outside.
[[noreturn]] void power_off(std::uint8_t status) noexcept;

} // namespace cw::kernel
