// Kernel stacks, each with an unmapped page below it so that an overrun faults instead of
// spreading.
#include <cw/kernel/frames.hpp>
#include <cw/kernel/paging.hpp>

namespace cw::kernel {

namespace {
AllocationSite stacks{"threads.stacks"};
constexpr std::uint64_t kSlotPages = 8; ///< Address space of a stack, the unmapped page included.
constexpr unsigned kSlots =
    4096; ///< Within the one table below kStackWindow that all spaces share.
std::uint64_t used[kSlots / 64];

void take_stack_apart(VirtualAddress top, unsigned pages) noexcept {
    for (unsigned i = 1; i <= pages; ++i) {
        const auto page = kernel_space().translate(top - i * kPage);
        kernel_space().unmap(top - i * kPage, kPage);
        frames::release(stacks, page.page);
    }
    flush_everywhere();
}
} // namespace

Result<VirtualAddress> allocate_stack(unsigned pages) noexcept {
    for (unsigned word = 0; word < kSlots / 64; ++word) {
        if (~used[word] == 0)
            continue;
        const auto bit = static_cast<unsigned>(__builtin_ctzll(~used[word]));
        const VirtualAddress top = kStackWindow + (word * 64 + bit + 1) * kSlotPages * kPage;
        for (unsigned i = 1; i <= pages; ++i) {
            const auto frame = frames::allocate(stacks);
            const bool mapped =
                frame && kernel_space().map(
                             top - i * kPage, *frame, kPage, kPteRead | kPteWrite | kPteGlobal) ==
                             Status::ok;
            if (!mapped) {
                if (frame)
                    frames::release(stacks, *frame);
                take_stack_apart(top, i - 1);
                stacks.publish();
                return refuse(Status::no_memory);
            }
        }
        used[word] |= std::uint64_t{1} << bit;
        stacks.allocated();
        return top;
    }
    return refuse(Status::no_resource);
}

void release_stack(VirtualAddress top, unsigned pages) noexcept {
    take_stack_apart(top, pages);
    stacks.freed();
    const std::uint64_t slot = (top - kStackWindow) / (kSlotPages * kPage) - 1;
    used[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
}

} // namespace cw::kernel
