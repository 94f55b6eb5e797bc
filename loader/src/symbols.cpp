// The symbol table is read for one purpose only: to name what a module must not import.
#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {

/// Explains a relocation that refers to a symbol. Always returns false. `where` says which
/// relocation it is.
bool ImageReader::refuse_symbol(std::string_view where, std::uint64_t info) noexcept {
    const std::uint64_t type = info & 0xffff'ffff;
    const std::uint64_t index = info >> 32;
    if (index == 0)
        return fail("{} (type {}) refers to no symbol", {where, type});
    const std::uint64_t table = tag_value(elf::kDtSymTab);
    // Both terms are small then: the sum cannot overflow.
    const std::byte* const entry =
        table <= kMaxImageBytes ? bytes_at(table + index * sizeof(elf::Symbol), sizeof(elf::Symbol))
                                : nullptr;
    if (!has_tag(elf::kDtSymTab) || entry == nullptr)
        return fail("{} refers to symbol {}, which is not in the file", {where, index});
    const auto symbol = read_unaligned<elf::Symbol>(entry);
    std::string_view name;
    if (!find_string(symbol.name, name))
        return false;
    name = cut(name, abi::kMaxNameBytes);
    if (symbol.section == elf::kUndefinedSection)
        return fail("imports the symbol '{}': a module imports services, not symbols", {name});
    return fail("{} (type {}) refers to the module's own symbol '{}': link with -Bsymbolic",
                {where, type, name});
}

bool ImageReader::find_string(std::uint64_t offset, std::string_view& text) noexcept {
    const std::uint64_t size = tag_value(elf::kDtStrSz);
    const std::byte* const table = bytes_at(tag_value(elf::kDtStrTab), size);
    if (!has_tag(elf::kDtStrTab) || table == nullptr)
        return fail("has no string table in the file contents of a load");
    if (offset >= size)
        return fail("names a string at {}, beyond the end of its string table", {Hex{offset}});
    const auto* const first = reinterpret_cast<const char*>(table + offset);
    text = cut({first, size - offset}, abi::kMaxSignatureBytes);
    text = text.substr(0, text.find('\0'));
    return true;
}

} // namespace cw::loader
