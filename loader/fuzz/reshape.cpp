#include "reshape.hpp"

#include <cstdint>
#include <cstring>
#include <cw/loader/elf.hpp>
#include <random>

namespace cw::loader::fuzz {
namespace {

template <class T>
bool get(std::span<const std::byte> file, std::uint64_t offset, T& value) {
    if (offset > file.size() || sizeof(T) > file.size() - offset)
        return false;
    std::memcpy(&value, file.data() + offset, sizeof(T));
    return true;
}

struct Table {
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
};

/// Where the seeds have their relocation table; addresses are file offsets in them.
Table relocation_table(std::span<const std::byte> file) {
    elf::FileHeader header;
    elf::ProgramHeader segment;
    elf::Dynamic entry;
    Table table;
    if (!get(file, 0, header))
        return table;
    for (std::uint64_t i = 0; i < header.program_header_count; ++i) {
        if (!get(file, header.program_header_offset + i * sizeof(segment), segment))
            return table;
        if (segment.type == elf::kPtDynamic)
            break;
    }
    for (std::uint64_t i = 0; i < 32 && get(file, segment.offset + i * sizeof(entry), entry); ++i) {
        if (entry.tag == elf::kDtRela)
            table.offset = entry.value;
        if (entry.tag == elf::kDtRelaSz)
            table.count = entry.value / sizeof(elf::Rela);
    }
    return table;
}

} // namespace

void redirect_relocation(std::span<std::byte> file, unsigned seed) {
    const Table table = relocation_table(file);
    if (table.count == 0)
        return;
    std::minstd_rand random{seed};
    const auto entry_at = [&](std::uint64_t index) {
        return table.offset + index % table.count * sizeof(elf::Rela);
    };
    const std::uint64_t chosen = entry_at(random());
    elf::Rela rela;
    elf::Rela other;
    std::uint64_t in_place;
    if (!get(file, chosen, rela) || !get(file, entry_at(random()), other) ||
        !get(file, rela.place, in_place))
        return;
    switch (random() % 4) {
    case 0:
        rela.addend = other.addend;
        break;
    case 1:
        rela.addend += random() % 512 - 256;
        break;
    case 2:
        rela.addend = other.addend + random() % 512 - 256;
        break;
    default:
        rela.addend = random() % 0x6000;
        break;
    }
    std::memcpy(file.data() + chosen, &rela, sizeof(rela));
    std::memcpy(file.data() + rela.place, &rela.addend, sizeof(rela.addend));
}

} // namespace cw::loader::fuzz
