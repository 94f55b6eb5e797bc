// The audit of registers, "registers=audit" among the boot arguments: modules that drive devices
// do so under the eyes of the kernel, which passes on loads and stores, and stops who uses an
// atomic instruction. Most devices would do something else than that with it, or nothing; QEMU's
// would not show.
#pragma once
#include <cstdint>
#include <cw/kernel/trap.hpp>

namespace cw::kernel {

/// No domain sees the registers of its devices: every access traps.
[[nodiscard]] bool registers_audited() noexcept;

enum class RegisterAccess : std::uint8_t {
    elsewhere, ///< No access of registers of the thread's own domain.
    done,      ///< A load or store; the frame goes on behind it.
    atomic,    ///< LR, SC or an AMO.
    unknown,   ///< Another instruction, or beyond the registers.
};
/// What a page fault was about; with registers_audited(). Context: trap. Locks: takes kernel_lock.
[[nodiscard]] RegisterAccess audit_access(TrapFrame& frame, bool from_user) noexcept;

} // namespace cw::kernel
