// The relocations: only "add the base to the word in place" is applied, so everything else is
// refused here.
#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {
namespace {

constexpr std::uint32_t kWordBytes = 8;

/// Relocation types by machine. Source: RISC-V psABI, table "Relocation types"; AMD64 psABI,
/// table 4.9.
struct TypeRange {
    std::uint16_t machine;
    std::uint64_t first, last;
};
constexpr std::uint64_t kRiscvRelative = 3;
constexpr std::uint64_t kX86_64Relative = 8;
constexpr TypeRange kThreadLocalTypes[] = {
    {elf::kMachineRiscv, 6, 12},   // TLS_DTPMOD32 .. TLSDESC
    {elf::kMachineX86_64, 16, 23}, // DTPMOD64 .. TPOFF32
    {elf::kMachineX86_64, 34, 36}, // GOTPC32_TLSDESC .. TLSDESC
};
constexpr TypeRange kSymbolTypes[] = {
    {elf::kMachineRiscv, 1, 2},  // 32, 64
    {elf::kMachineRiscv, 4, 5},  // COPY, JUMP_SLOT
    {elf::kMachineX86_64, 1, 1}, // 64
    {elf::kMachineX86_64, 5, 7}, // COPY, GLOB_DAT, JUMP_SLOT
};

template <std::size_t N>
constexpr bool
is_among(const TypeRange (&ranges)[N], std::uint16_t machine, std::uint64_t type) noexcept {
    for (const TypeRange& range : ranges) {
        if (range.machine == machine && type >= range.first && type <= range.last)
            return true;
    }
    return false;
}

} // namespace

bool ImageReader::read_relocations() noexcept {
    image_.rela_address_ = tag_value(elf::kDtRela);
    const std::uint64_t bytes = tag_value(elf::kDtRelaSz);
    relocations_ = bytes_at(image_.rela_address_, bytes);
    image_.relocation_count_ = bytes / sizeof(elf::Rela);
    std::uint64_t lowest_place = 0;
    for (std::size_t i = 0; i < image_.relocation_count_; ++i) {
        if (!check_relocation(i, lowest_place))
            return false;
        lowest_place = image_.relocation(i).address + kWordBytes;
    }

    const std::byte* const jumps = bytes_at(tag_value(elf::kDtJmpRel), tag_value(elf::kDtPltRelSz));
    if (tag_value(elf::kDtPltRelSz) == 0)
        return true;
    const auto jump = read_unaligned<elf::Rela>(jumps);
    return check_relocation_kind("jump relocation 0", jump.info) &&
           fail("jump relocation 0 is relative: it belongs into the relocation table");
}

bool ImageReader::check_relocation(std::size_t index, std::uint64_t lowest_place) noexcept {
    const auto rela = read_unaligned<elf::Rela>(relocations_ + index * sizeof(elf::Rela));
    const Text<32> where{"relocation {}", index};
    if (!check_relocation_kind(where.view(), rela.info))
        return false;
    if (rela.place % kWordBytes != 0)
        return fail("relocation {} at {} is not 8-byte aligned", {index, Hex{rela.place}});
    if (rela.place < lowest_place)
        return fail("relocation {} at {} does not follow the one in front of it: they must ascend",
                    {index, Hex{rela.place}});
    const Load* const load = backed_load(image_.loads(), rela.place, kWordBytes);
    if (load == nullptr)
        return fail("relocation {} at {} does not lie in the file contents of a load",
                    {index, Hex{rela.place}});
    if (!load->private_copy)
        return fail("relocation {} at {} lies in a load that is not writable",
                    {index, Hex{rela.place}});
    const auto in_place = read_unaligned<std::uint64_t>(bytes_at(rela.place, kWordBytes));
    if (in_place != rela.addend)
        return fail("relocation {} at {} has addend {}, but in place is {}: "
                    "link with --apply-dynamic-relocs",
                    {index, Hex{rela.place}, Hex{rela.addend}, Hex{in_place}});
    // One past the end is what the end of an array is called in C++.
    for (const Load& target : image_.loads()) {
        if (rela.addend >= target.address && rela.addend - target.address <= target.memory_bytes)
            return true;
    }
    return fail("relocation {} at {} points to {}, where no load is",
                {index, Hex{rela.place}, Hex{rela.addend}});
}

bool ImageReader::check_relocation_kind(std::string_view where, std::uint64_t info) noexcept {
    const std::uint64_t type = info & 0xffff'ffff;
    const std::uint64_t symbol = info >> 32;
    const std::uint64_t relative =
        machine_ == elf::kMachineRiscv ? kRiscvRelative : kX86_64Relative;
    if (is_among(kThreadLocalTypes, machine_, type))
        return fail("{} (type {}) is for thread-local storage, which a module cannot have",
                    {where, type});
    if (is_among(kSymbolTypes, machine_, type))
        return refuse_symbol(where, info);
    if (type != relative)
        return fail("{} has type {}, which this loader does not apply", {where, type});
    if (symbol != 0)
        return fail("{} is relative, yet names symbol {}", {where, symbol});
    return true;
}

bool ImageReader::is_relocated(std::uint64_t place) const noexcept {
    std::size_t low = 0;
    std::size_t high = image_.relocation_count_;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const auto rela = read_unaligned<elf::Rela>(relocations_ + middle * sizeof(elf::Rela));
        if (rela.place == place)
            return true;
        if (rela.place < place)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

} // namespace cw::loader
