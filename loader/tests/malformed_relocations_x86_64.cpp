// Relocations of x86-64 that cannot be applied.
#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

ModuleFile x86_64_file() {
    ModuleSpec spec = sample_spec();
    spec.machine = elf::kMachineX86_64;
    return ModuleFile{spec};
}

constexpr MalformedCase kCases[] = {
    {"x86_64_type_none",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 0;
     },
     "sample.cwm: relocation 0 has type 0, which this loader does not apply",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_64_import",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 1ull << 32 | 1;
     },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_64_own",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 2ull << 32 | 1;
     },
     "sample.cwm: relocation 0 (type 1) refers to the module's own symbol 'own_symbol': link with "
     "-Bsymbolic",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_copy_import",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 1ull << 32 | 5;
     },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_global_data_import",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 1ull << 32 | 6;
     },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_global_data_own",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 2ull << 32 | 6;
     },
     "sample.cwm: relocation 0 (type 6) refers to the module's own symbol 'own_symbol': link with "
     "-Bsymbolic",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_jump_slot_import",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 1ull << 32 | 7;
     },
     "sample.cwm: imports the symbol 'missing_symbol': a module imports services, not symbols",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_tls_module",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 1ull << 32 | 16;
     },
     "sample.cwm: relocation 0 (type 16) is for thread-local storage, which a module cannot have",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_tls_module_offset",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 1ull << 32 | 17;
     },
     "sample.cwm: relocation 0 (type 17) is for thread-local storage, which a module cannot have",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_tls_thread_offset",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 18;
     },
     "sample.cwm: relocation 0 (type 18) is for thread-local storage, which a module cannot have",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_tls_thread_offset_32",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 23;
     },
     "sample.cwm: relocation 0 (type 23) is for thread-local storage, which a module cannot have",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_tls_descriptor",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 36;
     },
     "sample.cwm: relocation 0 (type 36) is for thread-local storage, which a module cannot have",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_indirect_function",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 37;
     },
     "sample.cwm: relocation 0 has type 37, which this loader does not apply",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_relative_of_64_in_32",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 38;
     },
     "sample.cwm: relocation 0 has type 38, which this loader does not apply",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_32",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 1ull << 32 | 10;
     },
     "sample.cwm: relocation 0 has type 10, which this loader does not apply",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_type_relative_of_riscv",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 3;
     },
     "sample.cwm: relocation 0 has type 3, which this loader does not apply",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_relative_with_symbol",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].info = 2ull << 32 | 8;
     },
     "sample.cwm: relocation 0 is relative, yet names symbol 2",
     "sample.cwm",
     elf::kMachineX86_64},
    {"x86_64_addend_differs",
     [](ModuleFile& f) {
         f = x86_64_file();
         f.relocations()[0].addend = 0x4000;
     },
     "sample.cwm: relocation 0 at 0x3020 has addend 0x4000, but in place is 0x900: link with "
     "--apply-dynamic-relocs",
     "sample.cwm",
     elf::kMachineX86_64},
};

} // namespace

std::span<const MalformedCase> malformed_relocations_x86_64() {
    return kCases;
}

} // namespace cw::loader::test
