// Dynamic sections and init arrays.
#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

constexpr MalformedCase kCases[] = {
    {"dynamic_empty",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kDynamic].file_bytes = 0;
         f.program_headers[ModuleFile::kDynamic].memory_bytes = 0;
     },
     "sample.cwm: the dynamic section does not end with DT_NULL"},
    {"dynamic_of_half_an_entry",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kDynamic].file_bytes = 8;
         f.program_headers[ModuleFile::kDynamic].memory_bytes = 8;
     },
     "sample.cwm: the dynamic section does not end with DT_NULL"},
    {"dynamic_without_end",
     [](ModuleFile& f) { f.dynamic().back().tag = elf::kDtSoName; },
     "sample.cwm: the dynamic section does not end with DT_NULL"},
    {"dynamic_end_cut_off",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kDynamic].file_bytes -= 16;
         f.program_headers[ModuleFile::kDynamic].memory_bytes -= 16;
     },
     "sample.cwm: the dynamic section does not end with DT_NULL"},
    {"needs_a_library",
     [](ModuleFile& f) { f.tag(elf::kDtNeeded) = 27; },
     "sample.cwm: needs the library 'liblonely.so' (DT_NEEDED): a module imports services, not "
     "libraries"},
    {"needs_two_libraries",
     [](ModuleFile& f) {
         f.tag(elf::kDtNeeded) = 27;
         f.dynamic().insert(f.dynamic().begin(), {elf::kDtNeeded, 27});
         f.program_headers[ModuleFile::kDynamic].file_bytes += 16;
         f.program_headers[ModuleFile::kDynamic].memory_bytes += 16;
     },
     "sample.cwm: needs the library 'liblonely.so' (DT_NEEDED): a module imports services, not "
     "libraries"},
    {"needs_a_library_without_name",
     [](ModuleFile& f) { f.tag(elf::kDtNeeded) = 41; },
     "sample.cwm: names a string at 0x29, beyond the end of its string table"},
    {"needs_a_library_named_far_away",
     [](ModuleFile& f) { f.tag(elf::kDtNeeded) = ~std::uint64_t{0}; },
     "sample.cwm: names a string at 0xffffffffffffffff, beyond the end of its string table"},
    {"needs_a_library_without_string_table",
     [](ModuleFile& f) {
         f.tag(elf::kDtNeeded) = 27;
         f.tag(elf::kDtStrTab) = 0x100000;
     },
     "sample.cwm: has no string table in the file contents of a load"},
    {"needs_a_library_string_table_tag_missing",
     [](ModuleFile& f) {
         f.tag(elf::kDtNeeded) = 27;
         f.dynamic()[8].tag = elf::kDtSoName;
     },
     "sample.cwm: has no string table in the file contents of a load"},
    {"needs_a_library_string_table_size_overflows",
     [](ModuleFile& f) {
         f.tag(elf::kDtNeeded) = 27;
         f.tag(elf::kDtStrSz) = ~std::uint64_t{0};
     },
     "sample.cwm: has no string table in the file contents of a load"},
    {"text_relocations",
     [](ModuleFile& f) { f.tag(elf::kDtTextRel) = 0; },
     "sample.cwm: has DT_TEXTREL: read-only segments are never relocated"},
    {"init_function_of_old",
     [](ModuleFile& f) { f.tag(elf::kDtInit) = 0x1000; },
     "sample.cwm: has DT_INIT: only an init array is run"},
    {"fini_function_of_old",
     [](ModuleFile& f) { f.tag(elf::kDtFini) = 0x1000; },
     "sample.cwm: has DT_FINI: only an init array is run"},
    {"preinit_array",
     [](ModuleFile& f) { f.tag(elf::kDtPreinitArray) = 0x3188; },
     "sample.cwm: has DT_PREINIT_ARRAY: only an init array is run"},
    {"relocations_without_addend",
     [](ModuleFile& f) { f.tag(elf::kDtRel) = 0x600; },
     "sample.cwm: has DT_REL: only relocations with addends are applied"},
    {"relocations_packed",
     [](ModuleFile& f) { f.tag(elf::kDtRelr) = 0x600; },
     "sample.cwm: has DT_RELR: only relocations with addends are applied"},
    {"library_path",
     [](ModuleFile& f) { f.tag(15) = 0; },
     "sample.cwm: the dynamic section has the unknown tag 0xf"},
    {"run_path",
     [](ModuleFile& f) { f.tag(29) = 0; },
     "sample.cwm: the dynamic section has the unknown tag 0x1d"},
    {"preinit_array_size",
     [](ModuleFile& f) { f.tag(33) = 8; },
     "sample.cwm: the dynamic section has the unknown tag 0x21"},
    {"symbol_versions",
     [](ModuleFile& f) { f.tag(0x6ffffff0) = 0x600; },
     "sample.cwm: the dynamic section has the unknown tag 0x6ffffff0"},
    {"thread_local_descriptors",
     [](ModuleFile& f) { f.tag(0x6ffffef6) = 0x600; },
     "sample.cwm: the dynamic section has the unknown tag 0x6ffffef6"},
    {"riscv_variant_calls",
     [](ModuleFile& f) { f.tag(0x70000001) = 0; },
     "sample.cwm: the dynamic section has the unknown tag 0x70000001"},
    {"tag_of_many_bits",
     [](ModuleFile& f) { f.tag(~std::uint64_t{0}) = 0; },
     "sample.cwm: the dynamic section has the unknown tag 0xffffffffffffffff"},
    {"two_relocation_tables",
     [](ModuleFile& f) {
         f.dynamic().insert(f.dynamic().begin(), {elf::kDtRela, 0x600});
         f.program_headers[ModuleFile::kDynamic].file_bytes += 16;
         f.program_headers[ModuleFile::kDynamic].memory_bytes += 16;
     },
     "sample.cwm: has DT_RELA more than once"},
    {"two_flags",
     [](ModuleFile& f) {
         f.dynamic().insert(f.dynamic().begin(), {elf::kDtFlags, 0});
         f.program_headers[ModuleFile::kDynamic].file_bytes += 16;
         f.program_headers[ModuleFile::kDynamic].memory_bytes += 16;
     },
     "sample.cwm: has DT_FLAGS more than once"},
    {"two_init_arrays",
     [](ModuleFile& f) {
         f.dynamic().insert(f.dynamic().begin(), {elf::kDtInitArray, 0x3188});
         f.program_headers[ModuleFile::kDynamic].file_bytes += 16;
         f.program_headers[ModuleFile::kDynamic].memory_bytes += 16;
     },
     "sample.cwm: has DT_INIT_ARRAY more than once"},
    {"flag_static_tls",
     [](ModuleFile& f) { f.tag(elf::kDtFlags) = elf::kDfStaticTls; },
     "sample.cwm: has thread-local storage (DF_STATIC_TLS), which a module cannot have"},
    {"flag_text_relocations",
     [](ModuleFile& f) { f.tag(elf::kDtFlags) = elf::kDfTextRel; },
     "sample.cwm: has DF_TEXTREL: read-only segments are never relocated"},
    {"flag_origin",
     [](ModuleFile& f) { f.tag(elf::kDtFlags) = 1; },
     "sample.cwm: has the unknown dynamic flags 0x1"},
    {"flag_unknown",
     [](ModuleFile& f) { f.tag(elf::kDtFlags) = std::uint64_t{1} << 40; },
     "sample.cwm: has the unknown dynamic flags 0x10000000000"},
    {"flag_1_position_independent_executable",
     [](ModuleFile& f) { f.tag(elf::kDtFlags1) = 0x8000001; },
     "sample.cwm: has the unknown dynamic flags (DT_FLAGS_1) 0x8000001"},
    {"flag_1_no_open",
     [](ModuleFile& f) { f.tag(elf::kDtFlags1) = 0x41; },
     "sample.cwm: has the unknown dynamic flags (DT_FLAGS_1) 0x41"},
    {"relocation_entry_size",
     [](ModuleFile& f) { f.tag(elf::kDtRelaEnt) = 16; },
     "sample.cwm: has DT_RELAENT 16, not 24"},
    {"symbol_entry_size",
     [](ModuleFile& f) { f.tag(elf::kDtSymEnt) = 16; },
     "sample.cwm: has DT_SYMENT 16, not 24"},
    {"jump_relocations_without_addend",
     [](ModuleFile& f) { f.tag(elf::kDtPltRel) = 17; },
     "sample.cwm: has DT_PLTREL 17, not 7"},
    {"relocation_table_size_uneven",
     [](ModuleFile& f) { f.tag(elf::kDtRelaSz) = 25; },
     "sample.cwm: the relocation table has 25 bytes, not a multiple of 24"},
    {"relocation_table_beyond_its_load",
     [](ModuleFile& f) { f.tag(elf::kDtRelaSz) = 24 * 1000; },
     "sample.cwm: the relocation table (24000 bytes at 0x600) does not lie in the file contents of "
     "a load"},
    {"relocation_table_size_overflows",
     [](ModuleFile& f) { f.tag(elf::kDtRelaSz) = std::uint64_t{24} << 59; },
     "sample.cwm: the relocation table (13835058055282163712 bytes at 0x600) does not lie in the "
     "file contents of a load"},
    {"relocation_table_in_no_load",
     [](ModuleFile& f) { f.tag(elf::kDtRela) = 0x100000; },
     "sample.cwm: the relocation table (528 bytes at 0x100000) does not lie in the file contents "
     "of a load"},
    {"relocation_table_without_file_contents",
     [](ModuleFile& f) { f.tag(elf::kDtRela) = f.state_at; },
     "sample.cwm: the relocation table (528 bytes at 0x4040) does not lie in the file contents of "
     "a load"},
    {"relocation_table_address_overflows",
     [](ModuleFile& f) { f.tag(elf::kDtRela) = ~std::uint64_t{0}; },
     "sample.cwm: the relocation table (528 bytes at 0xffffffffffffffff) does not lie in the file "
     "contents of a load"},
    {"relocation_table_address_missing",
     [](ModuleFile& f) {
         f.dynamic()[2].tag = elf::kDtSoName;
         f.tag(elf::kDtRelaSz) = 4800;
     },
     "sample.cwm: the relocation table (4800 bytes at 0x0) does not lie in the file contents of a "
     "load"},
    {"jump_relocation_table_size_uneven",
     [](ModuleFile& f) { f.tag(elf::kDtPltRelSz) = 23; },
     "sample.cwm: the jump relocation table has 23 bytes, not a multiple of 24"},
    {"jump_relocation_table_in_no_load",
     [](ModuleFile& f) {
         f.tag(elf::kDtPltRelSz) = 24;
         f.tag(elf::kDtJmpRel) = 0x100000;
     },
     "sample.cwm: the jump relocation table (24 bytes at 0x100000) does not lie in the file "
     "contents of a load"},
    {"init_array_size_uneven",
     [](ModuleFile& f) { f.tag(elf::kDtInitArraySz) = 12; },
     "sample.cwm: the init array has 12 bytes, not a multiple of 8"},
    {"init_array_in_no_load",
     [](ModuleFile& f) { f.tag(elf::kDtInitArray) = 0x100000; },
     "sample.cwm: the init array (16 bytes at 0x100000) does not lie in the file contents of a "
     "load"},
    {"init_array_beyond_its_load",
     [](ModuleFile& f) { f.tag(elf::kDtInitArraySz) = 0x1000; },
     "sample.cwm: the init array (4096 bytes at 0x3188) does not lie in the file contents of a "
     "load"},
    {"init_array_address_overflows",
     [](ModuleFile& f) { f.tag(elf::kDtInitArray) = ~std::uint64_t{7}; },
     "sample.cwm: the init array (16 bytes at 0xfffffffffffffff8) does not lie in the file "
     "contents of a load"},
    {"init_array_size_overflows",
     [](ModuleFile& f) { f.tag(elf::kDtInitArraySz) = ~std::uint64_t{7}; },
     "sample.cwm: the init array (18446744073709551608 bytes at 0x3188) does not lie in the file "
     "contents of a load"},
    {"init_function_zero",
     [](ModuleFile& f) { f.init_array[1] = 0; },
     "sample.cwm: init function 1 at 0x3190 is not relocated"},
    {"init_function_not_relocated",
     [](ModuleFile& f) { f.relocations().pop_back(); },
     "sample.cwm: init function 1 at 0x3190 is not relocated"},
    {"init_array_not_aligned",
     [](ModuleFile& f) { f.tag(elf::kDtInitArray) = f.init_array_at + 4; },
     "sample.cwm: init function 0 at 0x318c is not relocated"},
    {"init_function_in_data",
     [](ModuleFile& f) { f.init_array[0] = f.grants_at; },
     "sample.cwm: init function 0 is 0x4000, which is no instruction in executable text"},
    {"init_function_in_read_only_data",
     [](ModuleFile& f) { f.init_array[0] = f.strings_at; },
     "sample.cwm: init function 0 is 0x900, which is no instruction in executable text"},
    {"init_function_beyond_text",
     [](ModuleFile& f) { f.init_array[0] = f.text_at + ModuleFile::kTextBytes; },
     "sample.cwm: init function 0 is 0x1400, which is no instruction in executable text"},
    {"init_function_odd",
     [](ModuleFile& f) { f.init_array[0] += 1; },
     "sample.cwm: init function 0 is 0x1301, which is no instruction in executable text"},
};

} // namespace

std::span<const MalformedCase> malformed_dynamic_sections() {
    return kCases;
}

} // namespace cw::loader::test
