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

template <class T>
bool set(std::span<std::byte> file, std::uint64_t offset, const T& value) {
    if (offset > file.size() || sizeof(T) > file.size() - offset)
        return false;
    std::memcpy(file.data() + offset, &value, sizeof(T));
    return true;
}

/// The relocation table of a file in which addresses are file offsets, as in the seeds.
struct Table {
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
    std::uint64_t size_at = 0; ///< Where the dynamic section has the size of the table.

    [[nodiscard]] std::uint64_t entry_at(std::uint64_t index) const {
        return offset + index * sizeof(elf::Rela);
    }
};

Table relocation_table(std::span<const std::byte> file) {
    elf::FileHeader header;
    elf::ProgramHeader segment{};
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
    for (std::uint64_t i = 0; i < 32; ++i) {
        const std::uint64_t at = segment.offset + i * sizeof(entry);
        if (!get(file, at, entry))
            break;
        if (entry.tag == elf::kDtRela)
            table.offset = entry.value;
        if (entry.tag == elf::kDtRelaSz) {
            table.count = entry.value / sizeof(elf::Rela);
            table.size_at = at + offsetof(elf::Dynamic, value);
        }
    }
    return table;
}

constexpr std::uint64_t kImageBytes = 0x6000; ///< A little more than the seeds span.

void redirect(std::span<std::byte> file, const Table& table, std::minstd_rand& random) {
    const std::uint64_t chosen = table.entry_at(random() % table.count);
    elf::Rela rela;
    elf::Rela other;
    if (!get(file, chosen, rela) || !get(file, table.entry_at(random() % table.count), other))
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
        rela.addend = random() % kImageBytes;
        break;
    }
    if (set(file, rela.place, rela.addend))
        set(file, chosen, rela);
}

/// Adds a relocation, mostly where it belongs in the order; the table grows over what is behind it.
void insert(std::span<std::byte> file, const Table& table, std::minstd_rand& random) {
    elf::Rela added;
    if (!get(file, table.offset, added))
        return;
    added.place = random() % kImageBytes / 8 * 8;
    added.addend = random() % kImageBytes;
    if (!set(file, added.place, added.addend) ||
        !set(file, table.size_at, (table.count + 1) * sizeof(elf::Rela)))
        return;
    std::uint64_t index = table.count;
    elf::Rela before;
    const bool in_order = random() % 4 != 0;
    while (in_order && index > 0 && get(file, table.entry_at(index - 1), before) &&
           before.place > added.place) {
        set(file, table.entry_at(index), before);
        --index;
    }
    set(file, table.entry_at(index), added);
}

} // namespace

void change_relocation(std::span<std::byte> file, unsigned seed) {
    const Table table = relocation_table(file);
    // A table that cannot be whole is not worth the time.
    if (table.count == 0 || table.count > file.size() / sizeof(elf::Rela))
        return;
    std::minstd_rand random{seed};
    if (random() % 4 == 0)
        insert(file, table, random);
    else
        redirect(file, table, random);
}

} // namespace cw::loader::fuzz
