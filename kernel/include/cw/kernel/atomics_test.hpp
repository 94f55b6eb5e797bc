// Whether this machine's memory can do what locks and rings are made of.
#pragma once
#include <cw/kernel/fdt.hpp>
#include <cw/kernel/layout.hpp>

namespace cw::kernel {

/// Tries AMOs and LR/SC in the image, behind it (`free_begin`), and in the last page of memory;
/// what lies before the image is the firmware's. Where they do not work, or LR/SC never succeeds,
/// it says so and ends the machine: it would hang at the first lock. "atomics=broken" among the
/// boot arguments has it try LR/SC that cannot succeed. Context: boot, one hart, nothing has been
/// locked yet.
void test_atomics(const Machine& machine, PhysicalAddress free_begin) noexcept;

} // namespace cw::kernel
