// File headers that are not those of a module for this machine.
#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

constexpr MalformedCase kCases[] = {
    {"empty_file",
     [](ModuleFile& f) { f.resize(0); },
     "sample.cwm: is 0 bytes long, too short for an ELF header"},
    {"one_byte_file",
     [](ModuleFile& f) { f.resize(1); },
     "sample.cwm: is 1 bytes long, too short for an ELF header"},
    {"file_ends_in_file_header",
     [](ModuleFile& f) { f.resize(63); },
     "sample.cwm: is 63 bytes long, too short for an ELF header"},
    {"text_file", [](ModuleFile& f) { f.patch(0, "#!/bin/sh"); }, "sample.cwm: is not an ELF file"},
    {"magic_misspelled",
     [](ModuleFile& f) { f.header.ident[3] = 'G'; },
     "sample.cwm: is not an ELF file"},
    {"class_none",
     [](ModuleFile& f) { f.header.ident[elf::kIdentClass] = 0; },
     "sample.cwm: has ELF class 0, not 64-bit (2)"},
    {"class_32_bit",
     [](ModuleFile& f) { f.header.ident[elf::kIdentClass] = 1; },
     "sample.cwm: has ELF class 1, not 64-bit (2)"},
    {"encoding_none",
     [](ModuleFile& f) { f.header.ident[elf::kIdentData] = 0; },
     "sample.cwm: has data encoding 0, not little-endian (1)"},
    {"encoding_big_endian",
     [](ModuleFile& f) { f.header.ident[elf::kIdentData] = 2; },
     "sample.cwm: has data encoding 2, not little-endian (1)"},
    {"identification_version_zero",
     [](ModuleFile& f) { f.header.ident[elf::kIdentVersion] = 0; },
     "sample.cwm: has ELF identification version 0, not 1"},
    {"os_abi_gnu",
     [](ModuleFile& f) { f.header.ident[elf::kIdentOsAbi] = 3; },
     "sample.cwm: has OS ABI 3 version 0, not 0 version 0"},
    {"os_abi_version",
     [](ModuleFile& f) { f.header.ident[elf::kIdentAbiVersion] = 1; },
     "sample.cwm: has OS ABI 0 version 1, not 0 version 0"},
    {"type_relocatable",
     [](ModuleFile& f) { f.header.type = 1; },
     "sample.cwm: has ELF type 1, not shared object (3)"},
    {"type_executable",
     [](ModuleFile& f) { f.header.type = 2; },
     "sample.cwm: has ELF type 2, not shared object (3)"},
    {"type_core",
     [](ModuleFile& f) { f.header.type = 4; },
     "sample.cwm: has ELF type 4, not shared object (3)"},
    {"machine_x86_64_for_riscv",
     [](ModuleFile& f) { f.header.machine = elf::kMachineX86_64; },
     "sample.cwm: is for machine 62, not 243"},
    {"machine_riscv_for_x86_64",
     [](ModuleFile& f) { f.resize(16448); },
     "sample.cwm: is for machine 243, not 62",
     "sample.cwm",
     elf::kMachineX86_64},
    {"machine_of_reader_unknown",
     [](ModuleFile& f) { f.header.machine = 183; },
     "sample.cwm: this loader knows no relocations of machine 183",
     "sample.cwm",
     183},
    {"version_zero",
     [](ModuleFile& f) { f.header.version = 0; },
     "sample.cwm: has ELF version 0, not 1"},
    {"version_two",
     [](ModuleFile& f) { f.header.version = 2; },
     "sample.cwm: has ELF version 2, not 1"},
    {"header_size_zero",
     [](ModuleFile& f) { f.header.header_bytes = 0; },
     "sample.cwm: has an ELF header of 0 bytes, not 64"},
    {"header_size_32_bit",
     [](ModuleFile& f) { f.header.header_bytes = 52; },
     "sample.cwm: has an ELF header of 52 bytes, not 64"},
    {"program_header_size_zero",
     [](ModuleFile& f) { f.header.program_header_bytes = 0; },
     "sample.cwm: has program headers of 0 bytes, not 56"},
    {"program_header_size_32_bit",
     [](ModuleFile& f) { f.header.program_header_bytes = 32; },
     "sample.cwm: has program headers of 32 bytes, not 56"},
    {"no_program_headers",
     [](ModuleFile& f) { f.header.program_header_count = 0; },
     "sample.cwm: has 0 program headers, not 1 to 32"},
    {"too_many_program_headers",
     [](ModuleFile& f) { f.header.program_header_count = 33; },
     "sample.cwm: has 33 program headers, not 1 to 32"},
    {"program_header_count_elsewhere",
     [](ModuleFile& f) { f.header.program_header_count = 0xffff; },
     "sample.cwm: has 65535 program headers, not 1 to 32"},
    {"program_headers_at_the_end",
     [](ModuleFile& f) { f.header.program_header_offset = 16448 - 559; },
     "sample.cwm: has its 10 program headers at offset 0x3e11, beyond the end of the file"},
    {"program_headers_beyond_the_end",
     [](ModuleFile& f) { f.header.program_header_offset = 16449; },
     "sample.cwm: has its 10 program headers at offset 0x4041, beyond the end of the file"},
    {"program_header_offset_overflows",
     [](ModuleFile& f) { f.header.program_header_offset = ~std::uint64_t{0}; },
     "sample.cwm: has its 10 program headers at offset 0xffffffffffffffff, beyond the end of the "
     "file"},
    {"file_ends_in_program_headers",
     [](ModuleFile& f) { f.resize(623); },
     "sample.cwm: has its 10 program headers at offset 0x40, beyond the end of the file"},
    {"float_abi_single",
     [](ModuleFile& f) { f.header.flags |= 0x2; },
     "sample.cwm: is built for the single float ABI, but its module record says it uses no "
     "floating point"},
    {"float_abi_double_without_flag",
     [](ModuleFile& f) { f.header.flags |= elf::kRiscvFloatAbiDouble; },
     "sample.cwm: is built for the double float ABI, but its module record says it uses no "
     "floating point"},
    {"float_abi_quad",
     [](ModuleFile& f) { f.header.flags |= 0x6; },
     "sample.cwm: is built for the quad float ABI, but its module record says it uses no floating "
     "point"},
    {"float_abi_soft_with_flag",
     [](ModuleFile& f) { f.module.flags |= abi::kModuleFloatingPoint; },
     "sample.cwm: is built for the soft float ABI, but its module record says it uses floating "
     "point"},
    {"float_abi_single_with_flag",
     [](ModuleFile& f) {
         f.module.flags |= abi::kModuleFloatingPoint;
         f.header.flags |= 0x2;
     },
     "sample.cwm: is built for the single float ABI, but its module record says it uses floating "
     "point"},
    {"flags_embedded_registers",
     [](ModuleFile& f) { f.header.flags |= 0x8; },
     "sample.cwm: has file header flags 0x9: only RVC and a float ABI are known"},
    {"flags_total_store_order",
     [](ModuleFile& f) { f.header.flags |= 0x10; },
     "sample.cwm: has file header flags 0x11: only RVC and a float ABI are known"},
    {"flags_unknown",
     [](ModuleFile& f) { f.header.flags |= 0x80000000; },
     "sample.cwm: has file header flags 0x80000001: only RVC and a float ABI are known"},
    {"flags_on_x86_64",
     [](ModuleFile& f) {
         ModuleSpec spec = sample_spec();
         spec.machine = elf::kMachineX86_64;
         f = ModuleFile{spec};
         f.header.flags = 1;
     },
     "sample.cwm: has file header flags 0x1, not 0",
     "sample.cwm",
     elf::kMachineX86_64},
};

} // namespace

std::span<const MalformedCase> malformed_file_headers() {
    return kCases;
}

} // namespace cw::loader::test
