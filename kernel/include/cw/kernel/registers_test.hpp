// Whether changes of a device's register get lost when harts and interrupt handlers make them.
#pragma once

namespace cw::kernel {

/// True if "registers=storm" is among the boot arguments.
[[nodiscard]] bool registers_test_wanted() noexcept;
/// Two harts and a handler of interrupts of one of them flip bits of the scratch register of the
/// machine's serial port, a million times each, under claims. Instead of a system: it says in the
/// log whether a flip was lost, and ends the machine with 0 or 101. Context: boot hart, the others
/// run, nothing else does. Requires: registers_test_wanted().
void registers_test_start() noexcept;

} // namespace cw::kernel
