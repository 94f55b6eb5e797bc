#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/vdso.hpp>

extern "C" const char vdso_image[], vdso_image_end[];

namespace cw::kernel {

namespace {
Vdso the_vdso;
AllocationSite vdso_segment{"vdso.code"};
} // namespace

const Vdso& vdso() noexcept {
    return the_vdso;
}

void vdso_initialise() noexcept {
    const std::uint64_t bytes = static_cast<std::uint64_t>(vdso_image_end - vdso_image);
    const auto segment = segment_reserve(kernel_domain(), bytes, vdso_segment);
    CW_ASSERT(segment.has_value());
    the_vdso.segment = *segment;
    CW_ASSERT(segment_borrow(**segment,
                             0,
                             direct(reinterpret_cast<std::uint64_t>(vdso_image) - kImageOffset),
                             bytes) == Status::ok);
    CW_ASSERT(segment_map(**segment, kernel_domain(), kPteRead | kPteExecute) == Status::ok);
    asm volatile("fence.i" ::: "memory");
    reinterpret_cast<void (*)(VdsoExports*)>((*segment)->base)(&the_vdso);
}

} // namespace cw::kernel
