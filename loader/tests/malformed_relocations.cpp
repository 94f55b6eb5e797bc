// Relocations that cannot be applied, and symbols that a module cannot import.
#include <string>
#include <utility>

#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

constexpr MalformedCase kCases[] = {
    {"type_none",
     [](ModuleFile& f) { f.relocations()[0].info = 0; },
     "sample.cwm: relocation 0 has type 0, which this loader does not apply"},
    {"type_32_import",
     [](ModuleFile& f) { f.relocations()[0].info = 1ull << 32 | 1; },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols"},
    {"type_64_import",
     [](ModuleFile& f) { f.relocations()[0].info = 1ull << 32 | 2; },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols"},
    {"type_64_own",
     [](ModuleFile& f) { f.relocations()[0].info = 2ull << 32 | 2; },
     "sample.cwm: relocation 0 (type 2) refers to the module's own symbol 'own_symbol': link with "
     "-Bsymbolic"},
    {"type_copy_import",
     [](ModuleFile& f) { f.relocations()[0].info = 1ull << 32 | 4; },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols"},
    {"type_jump_slot_import",
     [](ModuleFile& f) { f.relocations()[0].info = 1ull << 32 | 5; },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols"},
    {"type_jump_slot_own",
     [](ModuleFile& f) { f.relocations()[0].info = 2ull << 32 | 5; },
     "sample.cwm: relocation 0 (type 5) refers to the module's own symbol 'own_symbol': link with "
     "-Bsymbolic"},
    {"type_64_of_no_symbol",
     [](ModuleFile& f) { f.relocations()[0].info = 2; },
     "sample.cwm: relocation 0 (type 2) refers to no symbol"},
    {"type_tls_module_32",
     [](ModuleFile& f) { f.relocations()[0].info = 1ull << 32 | 6; },
     "sample.cwm: relocation 0 (type 6) is for thread-local storage, which a module cannot have"},
    {"type_tls_module_64",
     [](ModuleFile& f) { f.relocations()[0].info = 1ull << 32 | 7; },
     "sample.cwm: relocation 0 (type 7) is for thread-local storage, which a module cannot have"},
    {"type_tls_offset_32",
     [](ModuleFile& f) { f.relocations()[0].info = 8; },
     "sample.cwm: relocation 0 (type 8) is for thread-local storage, which a module cannot have"},
    {"type_tls_offset_64",
     [](ModuleFile& f) { f.relocations()[0].info = 1ull << 32 | 9; },
     "sample.cwm: relocation 0 (type 9) is for thread-local storage, which a module cannot have"},
    {"type_tls_thread_offset_32",
     [](ModuleFile& f) { f.relocations()[0].info = 10; },
     "sample.cwm: relocation 0 (type 10) is for thread-local storage, which a module cannot have"},
    {"type_tls_thread_offset_64",
     [](ModuleFile& f) { f.relocations()[0].info = 11; },
     "sample.cwm: relocation 0 (type 11) is for thread-local storage, which a module cannot have"},
    {"type_tls_descriptor",
     [](ModuleFile& f) { f.relocations()[0].info = 12; },
     "sample.cwm: relocation 0 (type 12) is for thread-local storage, which a module cannot have"},
    {"type_indirect_function",
     [](ModuleFile& f) { f.relocations()[0].info = 58; },
     "sample.cwm: relocation 0 has type 58, which this loader does not apply"},
    {"type_static_only",
     [](ModuleFile& f) { f.relocations()[0].info = 18; },
     "sample.cwm: relocation 0 has type 18, which this loader does not apply"},
    {"type_of_many_bits",
     [](ModuleFile& f) { f.relocations()[0].info = 0xffffffff; },
     "sample.cwm: relocation 0 has type 4294967295, which this loader does not apply"},
    {"relative_with_symbol",
     [](ModuleFile& f) { f.relocations()[0].info = 1ull << 32 | 3; },
     "sample.cwm: relocation 0 is relative, yet names symbol 1"},
    {"symbol_beyond_its_load",
     [](ModuleFile& f) { f.relocations()[0].info = 0xffffffull << 32 | 2; },
     "sample.cwm: relocation 0 refers to symbol 16777215, which is not in the file"},
    {"symbol_index_largest",
     [](ModuleFile& f) { f.relocations()[0].info = 0xffffffffull << 32 | 2; },
     "sample.cwm: relocation 0 refers to symbol 4294967295, which is not in the file"},
    {"symbol_table_missing",
     [](ModuleFile& f) {
         f.relocations()[0].info = 1ull << 32 | 2;
         f.dynamic()[6].tag = elf::kDtSoName;
     },
     "sample.cwm: relocation 0 refers to symbol 1, which is not in the file"},
    {"symbol_table_address_overflows",
     [](ModuleFile& f) {
         f.relocations()[0].info = 1ull << 32 | 2;
         f.tag(elf::kDtSymTab) = ~std::uint64_t{0};
     },
     "sample.cwm: relocation 0 refers to symbol 1, which is not in the file"},
    {"symbol_table_in_no_load",
     [](ModuleFile& f) {
         f.relocations()[0].info = 1ull << 32 | 2;
         f.tag(elf::kDtSymTab) = 0x100000;
     },
     "sample.cwm: relocation 0 refers to symbol 1, which is not in the file"},
    {"symbol_name_beyond_string_table",
     [](ModuleFile& f) {
         f.relocations()[0].info = 1ull << 32 | 2;
         f.symbols[1].name = 41;
     },
     "sample.cwm: names a string at 0x29, beyond the end of its string table"},
    {"symbol_name_without_string_table",
     [](ModuleFile& f) {
         f.relocations()[0].info = 1ull << 32 | 2;
         f.tag(elf::kDtStrTab) = f.state_at;
     },
     "sample.cwm: has no string table in the file contents of a load"},
    {"symbol_name_not_terminated",
     [](ModuleFile& f) {
         f.relocations()[0].info = 1ull << 32 | 2;
         f.symbol_names.back() = 'x';
         f.symbols[1].name = 27;
     },
     "sample.cwm: imports the symbol 'liblonely.so': a module imports services, not symbols"},
    {"symbol_name_not_printable",
     [](ModuleFile& f) {
         f.relocations()[0].info = 1ull << 32 | 2;
         f.symbol_names.replace(1, 7, "\x1b[31m\n%");
     },
     "sample.cwm: imports the symbol '?[31m?%_symbol': a module imports services, not symbols"},
    {"symbol_name_long",
     [](ModuleFile& f) {
         f.relocations()[0].info = 1ull << 32 | 2;
         f.symbol_names = std::string(200, 'n');
     },
     "sample.cwm: imports the symbol "
     "'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn': a module imports "
     "services, not symbols"},
    {"symbol_weak_undefined",
     [](ModuleFile& f) {
         f.relocations()[0].info = 1ull << 32 | 5;
         f.symbols[1].info = 0x20;
     },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols"},
    {"jump_relocation_import",
     [](ModuleFile& f) {
         f.tag(elf::kDtPltRelSz) = 24;
         f.tag(elf::kDtJmpRel) = 0x480;
         f.patch_value(0x480, elf::Rela{0x3000, 1ull << 32 | 5, 0});
     },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols"},
    {"jump_relocation_own",
     [](ModuleFile& f) {
         f.tag(elf::kDtPltRelSz) = 24;
         f.tag(elf::kDtJmpRel) = 0x480;
         f.patch_value(0x480, elf::Rela{0x3000, 2ull << 32 | 5, 0});
     },
     "sample.cwm: jump relocation 0 (type 5) refers to the module's own symbol 'own_symbol': link "
     "with -Bsymbolic"},
    {"jump_relocation_relative",
     [](ModuleFile& f) {
         f.tag(elf::kDtPltRelSz) = 24;
         f.tag(elf::kDtJmpRel) = f.relocations_at;
     },
     "sample.cwm: jump relocation 0 is relative: it belongs into the relocation table"},
    {"jump_relocation_thread_local",
     [](ModuleFile& f) {
         f.tag(elf::kDtPltRelSz) = 24;
         f.tag(elf::kDtJmpRel) = 0x480;
         f.patch_value(0x480, elf::Rela{0x3000, 12, 0});
     },
     "sample.cwm: jump relocation 0 (type 12) is for thread-local storage, which a module cannot "
     "have"},
    {"place_not_aligned",
     [](ModuleFile& f) { f.relocations()[0].place = 0x3024; },
     "sample.cwm: relocation 0 at 0x3024 is not 8-byte aligned"},
    {"place_odd",
     [](ModuleFile& f) { f.relocations()[0].place = 0x3021; },
     "sample.cwm: relocation 0 at 0x3021 is not 8-byte aligned"},
    {"places_descend",
     [](ModuleFile& f) { std::swap(f.relocations()[3], f.relocations()[4]); },
     "sample.cwm: relocation 4 at 0x3060 does not follow the one in front of it: they must ascend"},
    {"place_twice",
     [](ModuleFile& f) { f.relocations()[4] = f.relocations()[3]; },
     "sample.cwm: relocation 4 at 0x3060 does not follow the one in front of it: they must ascend"},
    {"first_places_swapped",
     [](ModuleFile& f) { std::swap(f.relocations()[0], f.relocations()[1]); },
     "sample.cwm: relocation 1 at 0x3020 does not follow the one in front of it: they must ascend"},
    {"place_in_no_load",
     [](ModuleFile& f) { f.relocations().back().place = 0x100000; },
     "sample.cwm: relocation 21 at 0x100000 does not lie in the file contents of a load"},
    {"place_without_file_contents",
     [](ModuleFile& f) { f.relocations().back().place = f.state_at; },
     "sample.cwm: relocation 21 at 0x4040 does not lie in the file contents of a load"},
    {"place_at_the_end_of_its_load",
     [](ModuleFile& f) { f.relocations().back().place = f.slots_at + 32; },
     "sample.cwm: relocation 21 at 0x33c0 does not lie in the file contents of a load"},
    {"place_overflows",
     [](ModuleFile& f) { f.relocations().back().place = ~std::uint64_t{7}; },
     "sample.cwm: relocation 21 at 0xfffffffffffffff8 does not lie in the file contents of a load"},
    {"place_in_read_only_data",
     [](ModuleFile& f) { f.relocations()[0].place = 0x900; },
     "sample.cwm: relocation 0 at 0x900 lies in a load that is not writable"},
    {"place_in_text",
     [](ModuleFile& f) { f.relocations()[0].place = 0x1000; },
     "sample.cwm: relocation 0 at 0x1000 lies in a load that is not writable"},
    {"place_in_remote_text",
     [](ModuleFile& f) { f.relocations()[0].place = 0x2000; },
     "sample.cwm: relocation 0 at 0x2000 lies in a load that is not writable"},
    {"addend_differs",
     [](ModuleFile& f) { f.relocations()[0].addend = f.strings_at + 1; },
     "sample.cwm: relocation 0 at 0x3020 has addend 0x901, but in place is 0x900: link with "
     "--apply-dynamic-relocs"},
    {"addend_zero",
     [](ModuleFile& f) { f.relocations()[0].addend = 0; },
     "sample.cwm: relocation 0 at 0x3020 has addend 0x0, but in place is 0x900: link with "
     "--apply-dynamic-relocs"},
    {"word_in_place_differs",
     [](ModuleFile& f) { f.patch_value(0x3020, std::uint64_t{0}); },
     "sample.cwm: relocation 0 at 0x3020 has addend 0x900, but in place is 0x0: link with "
     "--apply-dynamic-relocs"},
    {"target_behind_the_image",
     [](ModuleFile& f) { f.init_array[1] = 0x5001; },
     "sample.cwm: relocation 21 at 0x3190 points to 0x5001, where no load is"},
    {"target_far_away",
     [](ModuleFile& f) { f.init_array[1] = ~std::uint64_t{0}; },
     "sample.cwm: relocation 21 at 0x3190 points to 0xffffffffffffffff, where no load is"},
    {"target_between_loads",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kData].address = 0x6000;
         f.module.state = 0x6040;
         f.devices[0].grant = 0x6000;
         f.init_array[1] = 0x5008;
     },
     "sample.cwm: relocation 21 at 0x3190 points to 0x5008, where no load is"},
};

} // namespace

std::span<const MalformedCase> malformed_relocations() {
    return kCases;
}

} // namespace cw::loader::test
