// What is known once the machine has been looked at.
#pragma once
#include <cstdint>
#include <cw/kernel/fdt.hpp>

namespace cw::kernel {

[[nodiscard]] const Machine& machine() noexcept;
} // namespace cw::kernel
