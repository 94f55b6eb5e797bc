// Program headers of a wrong kind, number or place.
#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

constexpr MalformedCase kCases[] = {
    {"interpreter",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].type = elf::kPtInterp; },
     "sample.cwm: asks for an interpreter (PT_INTERP)"},
    {"thread_local_segment",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].type = elf::kPtTls; },
     "sample.cwm: has thread-local storage (PT_TLS), which a module cannot have"},
    {"executable_stack",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].flags = 7; },
     "sample.cwm: asks for an executable stack"},
    {"type_unknown",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].type = 0x12345678; },
     "sample.cwm: program header 7 has the unknown type 0x12345678"},
    {"type_reserved",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].type = 5; },
     "sample.cwm: program header 7 has the unknown type 0x5"},
    {"type_of_another_machine",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].type = 0x70000001; },
     "sample.cwm: program header 7 has the unknown type 0x70000001"},
    {"two_dynamic",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].type = elf::kPtDynamic; },
     "sample.cwm: has more than one PT_DYNAMIC"},
    {"two_relro",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].type = elf::kPtGnuRelro; },
     "sample.cwm: has more than one PT_GNU_RELRO"},
    {"two_record_segments",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].type = abi::kPtRecords; },
     "sample.cwm: has more than one record segment"},
    {"two_remote_marks",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kStack].type = abi::kPtRemoteText; },
     "sample.cwm: has more than one remote text segment"},
    {"no_dynamic",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kDynamic].type = elf::kPtNull; },
     "sample.cwm: has no PT_DYNAMIC"},
    {"no_records",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRecords].type = elf::kPtNull; },
     "sample.cwm: has no record segment: it is not a module"},
    {"no_loads",
     [](ModuleFile& f) {
         for (elf::ProgramHeader& header : f.program_headers)
             header.type = elf::kPtNull;
     },
     "sample.cwm: has no load segment"},
    {"dynamic_in_no_load",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kDynamic].address = 0x100000; },
     "sample.cwm: PT_DYNAMIC at 0x100000 (208 bytes) does not lie in the file contents of a load"},
    {"dynamic_without_file_contents",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kDynamic].address = f.state_at; },
     "sample.cwm: PT_DYNAMIC at 0x4040 (208 bytes) does not lie in the file contents of a load"},
    {"dynamic_leaves_its_load",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kDynamic].address = f.slots_at; },
     "sample.cwm: PT_DYNAMIC at 0x33a0 (208 bytes) does not lie in the file contents of a load"},
    {"dynamic_address_overflows",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kDynamic].address = ~std::uint64_t{7}; },
     "sample.cwm: PT_DYNAMIC at 0xfffffffffffffff8 (208 bytes) does not lie in the file contents "
     "of a load"},
    {"dynamic_size_overflows",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kDynamic].file_bytes = ~std::uint64_t{15};
         f.program_headers[ModuleFile::kDynamic].memory_bytes = ~std::uint64_t{15};
     },
     "sample.cwm: PT_DYNAMIC at 0x31a0 (18446744073709551600 bytes) does not lie in the file "
     "contents of a load"},
    {"dynamic_sizes_differ",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kDynamic].memory_bytes = 0x1000; },
     "sample.cwm: PT_DYNAMIC has 4096 bytes in memory but 208 in the file"},
    {"dynamic_not_aligned",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kDynamic].address = f.dynamic_at + 4; },
     "sample.cwm: PT_DYNAMIC is at 0x31a4, which is not 8-byte aligned"},
    {"dynamic_offset_elsewhere",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kDynamic].offset = 0x3000; },
     "sample.cwm: PT_DYNAMIC is said to be at file offset 0x3000, but its load puts it at 0x31a0"},
    {"records_in_no_load",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRecords].address = 0x100000; },
     "sample.cwm: the record segment at 0x100000 (392 bytes) does not lie in the file contents of "
     "a load"},
    {"records_without_file_contents",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRecords].address = f.state_at; },
     "sample.cwm: the record segment at 0x4040 (392 bytes) does not lie in the file contents of a "
     "load"},
    {"records_leave_their_load",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRecords].file_bytes = 0x1000;
         f.program_headers[ModuleFile::kRecords].memory_bytes = 0x1000;
     },
     "sample.cwm: the record segment at 0x3000 (4096 bytes) does not lie in the file contents of a "
     "load"},
    {"records_address_overflows",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRecords].address = ~std::uint64_t{7}; },
     "sample.cwm: the record segment at 0xfffffffffffffff8 (392 bytes) does not lie in the file "
     "contents of a load"},
    {"records_size_overflows",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRecords].file_bytes = ~std::uint64_t{0};
         f.program_headers[ModuleFile::kRecords].memory_bytes = ~std::uint64_t{0};
     },
     "sample.cwm: the record segment at 0x3000 (18446744073709551615 bytes) does not lie in the "
     "file contents of a load"},
    {"records_sizes_differ",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRecords].file_bytes = 8; },
     "sample.cwm: the record segment has 392 bytes in memory but 8 in the file"},
    {"records_not_aligned",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRecords].address = 0x3001; },
     "sample.cwm: the record segment is at 0x3001, which is not 8-byte aligned"},
    {"records_offset_elsewhere",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRecords].offset = 0x3008; },
     "sample.cwm: the record segment is said to be at file offset 0x3008, but its load puts it at "
     "0x3000"},
};

} // namespace

std::span<const MalformedCase> malformed_program_headers() {
    return kCases;
}

} // namespace cw::loader::test
