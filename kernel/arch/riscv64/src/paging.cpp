#include <algorithm>
#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/arch/sbi.hpp>
#include <cw/kernel/fdt.hpp>
#include <cw/kernel/frames.hpp>
#include <cw/kernel/paging.hpp>
#include <cw/nucleus/panic.hpp>

extern "C" char image_begin[], image_text_end[], image_rodata_end[], image_end[];

namespace cw::kernel {

namespace {

constexpr std::uint64_t kAddressMask = ((std::uint64_t{1} << 44) - 1) << 10;
constexpr std::uint64_t kLeaf = kPteRead | kPteWrite | kPteExecute;

AddressSpace the_kernel_space;
AllocationSite domain_tables{"paging.domains"};
AllocationSite kernel_tables{"paging.kernel"}; ///< They are kept for good.

Result<PhysicalAddress> allocate_table(AllocationSite& site) noexcept {
    const auto page = frames::allocate(site);
    if (page)
        site.allocated();
    return page;
}
void release_table(PhysicalAddress table) noexcept {
    frames::release(domain_tables, table);
    domain_tables.freed();
}

constexpr unsigned index_at(VirtualAddress address, unsigned level) noexcept {
    return static_cast<unsigned>(address >> (12 + 9 * level)) & 511;
}
constexpr std::uint64_t make_entry(PhysicalAddress page, std::uint64_t flags) noexcept {
    return (page >> 12) << 10 | flags | kPteValid;
}
constexpr PhysicalAddress page_of(std::uint64_t entry) noexcept {
    return (entry & kAddressMask) << 2;
}

void release_tables(PhysicalAddress table, unsigned level, unsigned first, unsigned last) noexcept {
    auto* entries = direct_as<std::uint64_t>(table);
    for (unsigned i = first; i < last; ++i) {
        if ((entries[i] & kPteValid) != 0 && (entries[i] & kLeaf) == 0 && level > 0) {
            release_tables(page_of(entries[i]), level - 1, 0, 512);
            release_table(page_of(entries[i]));
        }
    }
}

} // namespace

AddressSpace& kernel_space() noexcept {
    return the_kernel_space;
}

void flush_everywhere() noexcept {
    arch::flush_translations();
    arch::sbi_remote_flush_all();
}

Status AddressSpace::create(std::uint16_t asid) noexcept {
    const auto root = allocate_table(asid == 0 ? kernel_tables : domain_tables);
    if (!root)
        return root.error();
    root_ = *root;
    own_ = asid != 0;
    satp_ = arch::kSatpSv39 | std::uint64_t{asid} << 44 | root_ >> 12;
    if (the_kernel_space.root_ != 0) {
        auto* mine = direct_as<std::uint64_t>(root_);
        const auto* kernels = direct_as<std::uint64_t>(the_kernel_space.root_);
        for (unsigned i = 256; i < 512; ++i)
            mine[i] = kernels[i];
    }
    return Status::ok;
}

void AddressSpace::destroy() noexcept {
    if (root_ == 0)
        return;
    release_tables(root_, 2, 0, 256);
    release_table(root_);
    root_ = 0;
}

std::uint64_t* AddressSpace::entry(VirtualAddress address, unsigned level, bool create) noexcept {
    auto* table = direct_as<std::uint64_t>(root_);
    for (unsigned at = 2; at > level; --at) {
        std::uint64_t& slot = table[index_at(address, at)];
        if ((slot & kPteValid) == 0) {
            if (!create)
                return nullptr;
            const auto page = allocate_table(own_ ? domain_tables : kernel_tables);
            if (!page)
                return nullptr;
            slot = make_entry(*page, 0);
        } else if ((slot & kLeaf) != 0) {
            return create ? nullptr : &slot;
        }
        table = direct_as<std::uint64_t>(page_of(slot));
    }
    return &table[index_at(address, level)];
}

const std::uint64_t* AddressSpace::find(VirtualAddress address) const noexcept {
    const auto* table = direct_as<const std::uint64_t>(root_);
    for (unsigned level = 2; level > 0; --level) {
        const std::uint64_t slot = table[index_at(address, level)];
        if ((slot & kPteValid) == 0 || (slot & kLeaf) != 0)
            return nullptr;
        table = direct_as<const std::uint64_t>(page_of(slot));
    }
    return &table[index_at(address, 0)];
}

Status AddressSpace::map(VirtualAddress address,
                         PhysicalAddress page,
                         std::uint64_t bytes,
                         std::uint64_t flags) noexcept {
    std::uint64_t* slot = entry(address, bytes == kGigaPage ? 2 : bytes == kMegaPage ? 1 : 0, true);
    if (slot == nullptr)
        return Status::no_memory;
    // Accessed and dirty are set beforehand: the kernel does not page, and hardware without Svadu
    // would fault.
    *slot = make_entry(page, flags | kPteAccessed | kPteDirty);
    return Status::ok;
}

Result<bool> AddressSpace::share(const AddressSpace& from,
                                 VirtualAddress address,
                                 std::uint64_t bytes,
                                 std::uint64_t flags) noexcept {
    flags |= kPteAccessed | kPteDirty | kPteValid;
    bool replaced = false;
    const VirtualAddress end = address + bytes;
    for (VirtualAddress at = address, next; at < end; at = next) {
        next = std::min(end, round_down(at, kMegaPage) + kMegaPage);
        const Translation large = from.translate(at);
        if (large.bytes == kMegaPage) {
            const std::uint64_t step = next - at == kMegaPage ? kMegaPage : kPage;
            for (; at < next; at += step) {
                replaced = replaced || translate(at).bytes != 0;
                const PhysicalAddress page = large.page + (at & (kMegaPage - 1));
                CW_CHECK_OK(map(at, page, step, flags));
            }
            continue;
        }
        // One table of each space holds all pages up to `next`.
        const std::uint64_t* theirs = from.find(at);
        std::uint64_t* ours = nullptr;
        for (; theirs != nullptr && at < next; at += kPage, ++theirs) {
            if ((*theirs & kPteValid) == 0) {
                ours = ours == nullptr ? nullptr : ours + 1;
                continue;
            }
            if (ours == nullptr)
                ours = entry(at, 0, true);
            if (ours == nullptr)
                return refuse(Status::no_memory);
            replaced = replaced || *ours != 0;
            *ours++ = (*theirs & kAddressMask) | flags;
        }
    }
    return replaced;
}

AddressSpace::Translation AddressSpace::translate(VirtualAddress address) const noexcept {
    const auto* table = direct_as<const std::uint64_t>(root_);
    for (unsigned level = 2;; --level) {
        const std::uint64_t slot = table[index_at(address, level)];
        if ((slot & kPteValid) == 0)
            return {};
        if ((slot & kLeaf) != 0)
            return {page_of(slot), kPage << (9 * level), slot & 0xff};
        if (level == 0)
            return {};
        table = direct_as<const std::uint64_t>(page_of(slot));
    }
}

void AddressSpace::unmap(VirtualAddress address, std::uint64_t bytes) noexcept {
    const VirtualAddress end = address + bytes;
    for (VirtualAddress at = address, next; at < end; at = next) {
        next = std::min(end, round_down(at, kMegaPage) + kMegaPage);
        if (translate(at).bytes == kMegaPage) {
            *entry(at, 1, false) = 0;
            continue;
        }
        if (find(at) == nullptr)
            continue;
        std::uint64_t* slot = entry(at, 0, false);
        std::fill_n(slot, (next - at) / kPage, 0);
    }
}

void paging_initialise(const Machine& machine) noexcept {
    AddressSpace& space = the_kernel_space;
    CW_ASSERT(space.create(0) == Status::ok);
    const auto physical = [](const char* symbol) {
        return reinterpret_cast<std::uint64_t>(symbol) - kImageOffset;
    };
    const std::uint64_t fixed = kPteGlobal;
    const PhysicalAddress text = physical(image_begin);
    const PhysicalAddress text_end = physical(image_text_end);
    const PhysicalAddress rodata_end = physical(image_rodata_end);
    // Devices below RAM, then RAM: whatever holds code or came with the boot archive cannot be
    // written through the direct map.
    for (PhysicalAddress at = 0; at < machine.ram_begin; at += kGigaPage)
        CW_ASSERT(space.map(kDirectMap + at, at, kGigaPage, fixed | kPteRead | kPteWrite) ==
                  Status::ok);
    const auto read_only = [&](PhysicalAddress begin, PhysicalAddress end) {
        const auto overlaps = [&](PhysicalAddress b, PhysicalAddress e) {
            return begin < e && b < end;
        };
        return overlaps(text, rodata_end) ||
               (machine.archive_end != 0 &&
                overlaps(machine.archive_begin, round_up(machine.archive_end, kPage)));
    };
    for (PhysicalAddress at = machine.ram_begin; at < machine.ram_end; at += kMegaPage) {
        if (!read_only(at, at + kMegaPage)) {
            CW_ASSERT(space.map(kDirectMap + at, at, kMegaPage, fixed | kPteRead | kPteWrite) ==
                      Status::ok);
            continue;
        }
        for (PhysicalAddress page = at; page < at + kMegaPage; page += kPage) {
            const std::uint64_t write = read_only(page, page + kPage) ? 0 : kPteWrite;
            CW_ASSERT(space.map(kDirectMap + page, page, kPage, fixed | kPteRead | write) ==
                      Status::ok);
        }
    }
    for (PhysicalAddress at = text; at < physical(image_end); at += kPage) {
        const std::uint64_t flags = at < text_end     ? kPteRead | kPteExecute
                                    : at < rodata_end ? std::uint64_t{kPteRead}
                                                      : kPteRead | kPteWrite;
        CW_ASSERT(space.map(kImageOffset + at, at, kPage, fixed | flags) == Status::ok);
    }
    // The table for stacks must exist before other spaces copy the upper half.
    CW_ASSERT(space.entry(kStackWindow, 0, true) != nullptr);
    CW_CSR_WRITE(satp, space.satp());
    arch::flush_translations();
}

} // namespace cw::kernel
