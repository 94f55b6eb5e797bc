#include "host.hpp"
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/vdso.hpp>

extern "C" const std::byte cw_vdso_image[], cw_vdso_image_end[];

namespace cw::kernel {

namespace {
Vdso the_vdso;
AllocationSite vdso_segment{"vdso.code"};
} // namespace

const Vdso& vdso() noexcept {
    return the_vdso;
}

void vdso_initialise() noexcept {
    const std::span<const std::byte> code =
        hosted::make_sealed("causeway-vdso", {cw_vdso_image, cw_vdso_image_end});
    CW_ASSERT(!code.empty());
    const auto segment = segment_reserve(kernel_domain(), code.size(), vdso_segment);
    CW_ASSERT(segment.has_value());
    the_vdso.segment = *segment;
    CW_ASSERT(segment_borrow(**segment, 0, code.data(), code.size()) == Status::ok);
    CW_ASSERT(segment_map(**segment, kernel_domain(), kRightRead | kRightExecute) == Status::ok);
    reinterpret_cast<void (*)(VdsoExports*)>((*segment)->base)(&the_vdso);
}

} // namespace cw::kernel
