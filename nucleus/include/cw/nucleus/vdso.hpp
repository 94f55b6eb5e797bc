// The vDSO segment: mapped read-execute into every user domain, at one address.
#pragma once
#include <cw/core/vdso_exports.hpp>
#include <cw/nucleus/segment.hpp>

namespace cw::kernel {

struct Vdso : VdsoExports {
    Segment* segment;
};

[[nodiscard]] const Vdso& vdso() noexcept;
/// Context: boot, kernel space active.
void vdso_initialise() noexcept;

} // namespace cw::kernel
