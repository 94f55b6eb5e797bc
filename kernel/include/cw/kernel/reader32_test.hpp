// Whether a process of 32 bits reads the variables of this kernel of 64.
#pragma once

namespace cw::kernel {

/// True if "reader=rv32" is among the boot arguments.
[[nodiscard]] bool reader32_test_wanted() noexcept;
/// Runs the file "reader_rv32" of the boot archive, a programme for RV32, in user mode with UXL =
/// 1: it reads while another hart publishes. What it read is compared; the log says so, and the
/// machine ends with 0 or 101. Context: the worker, in place of nucleus_start().
void reader32_test() noexcept;

} // namespace cw::kernel
