// The dynamic section: the tags a module file may have, each at most once, and what they must say.
#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {
namespace {

struct TagRule {
    std::uint64_t tag;
    const char* name;
    const char* reason = nullptr; ///< Why a file with this tag is refused; null if it may have it.
};

// DT_FINI_ARRAY is allowed and never used: a module ends with its heap, its destructors do not run.
constexpr TagRule kTagRules[] = {
    {elf::kDtHash, "DT_HASH"},
    {elf::kDtGnuHash, "DT_GNU_HASH"},
    {elf::kDtStrTab, "DT_STRTAB"},
    {elf::kDtStrSz, "DT_STRSZ"},
    {elf::kDtSymTab, "DT_SYMTAB"},
    {elf::kDtSymEnt, "DT_SYMENT"},
    {elf::kDtSoName, "DT_SONAME"},
    {elf::kDtSymbolic, "DT_SYMBOLIC"},
    {elf::kDtDebug, "DT_DEBUG"},
    {elf::kDtBindNow, "DT_BIND_NOW"},
    {elf::kDtFlags, "DT_FLAGS"},
    {elf::kDtFlags1, "DT_FLAGS_1"},
    {elf::kDtRela, "DT_RELA"},
    {elf::kDtRelaSz, "DT_RELASZ"},
    {elf::kDtRelaEnt, "DT_RELAENT"},
    {elf::kDtRelaCount, "DT_RELACOUNT"},
    {elf::kDtPltGot, "DT_PLTGOT"},
    {elf::kDtPltRel, "DT_PLTREL"},
    {elf::kDtPltRelSz, "DT_PLTRELSZ"},
    {elf::kDtJmpRel, "DT_JMPREL"},
    {elf::kDtInitArray, "DT_INIT_ARRAY"},
    {elf::kDtInitArraySz, "DT_INIT_ARRAYSZ"},
    {elf::kDtFiniArray, "DT_FINI_ARRAY"},
    {elf::kDtFiniArraySz, "DT_FINI_ARRAYSZ"},
    {elf::kDtNeeded, "DT_NEEDED"},
    {elf::kDtTextRel, "DT_TEXTREL", "read-only segments are never relocated"},
    {elf::kDtInit, "DT_INIT", "only an init array is run"},
    {elf::kDtFini, "DT_FINI", "only an init array is run"},
    {elf::kDtPreinitArray, "DT_PREINIT_ARRAY", "only an init array is run"},
    {elf::kDtRel, "DT_REL", "only relocations with addends are applied"},
    {elf::kDtRelr, "DT_RELR", "only relocations with addends are applied"},
};
constexpr std::size_t kTagRuleCount = sizeof(kTagRules) / sizeof(kTagRules[0]);

constexpr std::size_t rule_index(std::uint64_t tag) noexcept {
    std::size_t index = 0;
    while (index < kTagRuleCount && kTagRules[index].tag != tag)
        ++index;
    return index;
}

} // namespace

bool ImageReader::has_tag(std::uint64_t tag) const noexcept {
    return (tags_seen_ >> rule_index(tag) & 1) != 0;
}

std::uint64_t ImageReader::tag_value(std::uint64_t tag) const noexcept {
    return tag_values_[rule_index(tag)];
}

bool ImageReader::read_dynamic() noexcept {
    static_assert(kTagRuleCount <= kMaxTagRules && kMaxTagRules <= 64);
    const std::byte* const table = bytes_at(dynamic_.address, dynamic_.file_bytes);
    const std::uint64_t count = dynamic_.file_bytes / sizeof(elf::Dynamic);
    bool ended = false;
    // Ends early on hostile input too: a tag that is unknown or repeated stops it.
    for (std::uint64_t i = 0; i < count && !ended; ++i) {
        const auto entry = read_unaligned<elf::Dynamic>(table + i * sizeof(elf::Dynamic));
        ended = entry.tag == elf::kDtNull;
        if (!ended && !check_dynamic_entry(entry))
            return false;
    }
    if (!ended)
        return fail("the dynamic section does not end with DT_NULL");
    if (has_tag(elf::kDtNeeded)) {
        std::string_view library;
        return find_string(tag_value(elf::kDtNeeded), library) &&
               fail("needs the library '{}' (DT_NEEDED): a module imports services, not libraries",
                    {cut(library, abi::kMaxNameBytes)});
    }
    return check_dynamic_flags() && check_dynamic_sizes();
}

bool ImageReader::check_dynamic_entry(const elf::Dynamic& entry) noexcept {
    const std::size_t index = rule_index(entry.tag);
    if (index == kTagRuleCount)
        return fail("the dynamic section has the unknown tag {}", {Hex{entry.tag}});
    const TagRule& rule = kTagRules[index];
    if (rule.reason != nullptr)
        return fail("has {}: {}", {rule.name, rule.reason});
    if (has_tag(entry.tag) && entry.tag != elf::kDtNeeded)
        return fail("has {} more than once", {rule.name});
    tags_seen_ |= std::uint64_t{1} << index;
    tag_values_[index] = entry.value;
    return true;
}

bool ImageReader::check_dynamic_flags() noexcept {
    const std::uint64_t flags = tag_value(elf::kDtFlags);
    if ((flags & elf::kDfStaticTls) != 0)
        return fail("has thread-local storage (DF_STATIC_TLS), which a module cannot have");
    if ((flags & elf::kDfTextRel) != 0)
        return fail("has DF_TEXTREL: read-only segments are never relocated");
    if ((flags & ~(elf::kDfSymbolic | elf::kDfBindNow)) != 0)
        return fail("has the unknown dynamic flags {}", {Hex{flags}});
    const std::uint64_t flags_1 = tag_value(elf::kDtFlags1);
    if ((flags_1 & ~elf::kDf1Now) != 0)
        return fail("has the unknown dynamic flags (DT_FLAGS_1) {}", {Hex{flags_1}});
    return true;
}

bool ImageReader::check_dynamic_sizes() noexcept {
    struct EntrySize {
        std::uint64_t tag;
        const char* name;
        std::uint64_t bytes;
    };
    constexpr EntrySize kEntrySizes[] = {
        {elf::kDtRelaEnt, "DT_RELAENT", sizeof(elf::Rela)},
        {elf::kDtSymEnt, "DT_SYMENT", sizeof(elf::Symbol)},
        {elf::kDtPltRel, "DT_PLTREL", elf::kDtRela},
    };
    for (const EntrySize& rule : kEntrySizes) {
        if (has_tag(rule.tag) && tag_value(rule.tag) != rule.bytes)
            return fail("has {} {}, not {}", {rule.name, tag_value(rule.tag), rule.bytes});
    }
    return check_table("the relocation table",
                       tag_value(elf::kDtRela),
                       tag_value(elf::kDtRelaSz),
                       sizeof(elf::Rela)) &&
           check_table("the jump relocation table",
                       tag_value(elf::kDtJmpRel),
                       tag_value(elf::kDtPltRelSz),
                       sizeof(elf::Rela)) &&
           check_table("the init array",
                       tag_value(elf::kDtInitArray),
                       tag_value(elf::kDtInitArraySz),
                       sizeof(std::uint64_t));
}

bool ImageReader::check_table(const char* what,
                              std::uint64_t address,
                              std::uint64_t bytes,
                              std::uint64_t entry_bytes) noexcept {
    if (bytes == 0)
        return true;
    if (bytes % entry_bytes != 0)
        return fail("{} has {} bytes, not a multiple of {}", {what, bytes, entry_bytes});
    if (bytes_at(address, bytes) == nullptr)
        return fail("{} ({} bytes at {}) does not lie in the file contents of a load",
                    {what, bytes, Hex{address}});
    return true;
}

} // namespace cw::loader
