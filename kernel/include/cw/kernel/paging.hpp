// Address spaces (Sv39, Privileged Architecture 1.12, section 4.4).
#pragma once
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/kernel/layout.hpp>

namespace cw::kernel {

enum PageFlags : std::uint64_t {
    kPteValid = 1 << 0,
    kPteRead = 1 << 1,
    kPteWrite = 1 << 2,
    kPteExecute = 1 << 3,
    kPteUser = 1 << 4,
    kPteGlobal = 1 << 5,
    kPteAccessed = 1 << 6,
    kPteDirty = 1 << 7,
};

/// A tree of page tables. The upper half is the kernel's and the same in all of them. Guarded by
/// the kernel lock.
class AddressSpace {
public:
    AddressSpace() noexcept = default;
    /// An empty lower half; 0: of a space of the kernel's, which is never destroyed. Errors:
    /// no_memory.
    [[nodiscard]] Status create(std::uint16_t asid) noexcept;
    /// Frees the tables of the lower half, not what they map.
    void destroy() noexcept;

    /// Maps one page of `bytes` (4 KiB or 2 MiB) with kPteRead/Write/Execute/User. Replaces what is
    /// there. Errors: no_memory (nothing mapped).
    [[nodiscard]] Status map(VirtualAddress address,
                             PhysicalAddress page,
                             std::uint64_t bytes,
                             std::uint64_t flags) noexcept;
    /// Maps the pages that `from` maps in a range, at the same addresses, with kPteRead/Write/
    /// Execute/User. True: some of them replace what was there. Errors: no_memory (some of them are
    /// mapped).
    [[nodiscard]] Result<bool> share(const AddressSpace& from,
                                     VirtualAddress address,
                                     std::uint64_t bytes,
                                     std::uint64_t flags) noexcept;
    /// Forgets what is mapped in a range. Large pages go as a whole.
    void unmap(VirtualAddress address, std::uint64_t bytes) noexcept;

    struct Translation {
        PhysicalAddress page = 0;
        std::uint64_t bytes = 0; ///< 0: not mapped.
        std::uint64_t flags = 0;
    };
    /// The page that holds `address`.
    [[nodiscard]] Translation translate(VirtualAddress address) const noexcept;

    [[nodiscard]] std::uint64_t satp() const noexcept { return satp_; }

private:
    friend void paging_initialise(const struct Machine&) noexcept;
    [[nodiscard]] std::uint64_t*
    entry(VirtualAddress address, unsigned level, bool create) noexcept;
    /// Where a page of the smallest size is, or would be; null: there is no table for it.
    [[nodiscard]] const std::uint64_t* find(VirtualAddress address) const noexcept;

    PhysicalAddress root_ = 0;
    std::uint64_t satp_ = 0;
    bool own_ = false; ///< Of a domain.
};

/// Builds the kernel's own space: direct map, image with W^X, stacks. Context: boot hart, before
/// the others run.
void paging_initialise(const Machine& machine) noexcept;
/// The kernel's domain: domain 0 sees modules and channels through it.
[[nodiscard]] AddressSpace& kernel_space() noexcept;
/// Makes a changed mapping seen by every hart.
void flush_everywhere() noexcept;

/// A kernel stack of `pages`, with an unmapped page below; returns its top. Errors: no_memory.
[[nodiscard]] Result<VirtualAddress> allocate_stack(unsigned pages) noexcept;
void release_stack(VirtualAddress top, unsigned pages) noexcept;

} // namespace cw::kernel
