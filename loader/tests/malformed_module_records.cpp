// Module records.
#include <string>

#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

constexpr MalformedCase kCases[] = {
    {"module_record_of_header_only",
     [](ModuleFile& f) { f.module.header.size = 8; },
     "sample.cwm: module record at 0x3000: has size 8, not 80"},
    {"abi_major_older",
     [](ModuleFile& f) { f.module.abi_major = 1; },
     "sample.cwm: is built for ABI 1.0, but this loader speaks 2.0"},
    {"abi_major_newer",
     [](ModuleFile& f) { f.module.abi_major = 3; },
     "sample.cwm: is built for ABI 3.0, but this loader speaks 2.0"},
    {"abi_minor_newer",
     [](ModuleFile& f) { f.module.abi_minor = 1; },
     "sample.cwm: is built for ABI 2.1, but this loader speaks 2.0"},
    {"abi_minor_newer_with_larger_records",
     [](ModuleFile& f) {
         f.module.abi_minor = 1;
         f.provides[0].header.size = 160;
         f.provides[0].header.kind = abi::RecordKind{9};
     },
     "sample.cwm: is built for ABI 2.1, but this loader speaks 2.0"},
    {"abi_minor_newer_with_larger_module_record",
     [](ModuleFile& f) {
         f.module.abi_minor = 1;
         f.module.header.size = 160;
     },
     "sample.cwm: is built for ABI 2.1, but this loader speaks 2.0"},
    {"name_missing",
     [](ModuleFile& f) { f.module.name = 0; },
     "sample.cwm: module record at 0x3000: name is missing"},
    {"name_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin()); },
     "sample.cwm: module record at 0x3000: name at 0x3020 is not relocated"},
    {"name_points_nowhere",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kData].address = 0x6000;
         f.module.state = 0x6040;
         f.devices[0].grant = 0x6000;
         f.module.name = 0x5000;
     },
     "sample.cwm: relocation 0 at 0x3020 points to 0x5000, where no load is"},
    {"name_in_writable_data",
     [](ModuleFile& f) { f.module.name = f.grants_at; },
     "sample.cwm: module record at 0x3000: name is at 0x4000, which is not in read-only data"},
    {"name_in_relocated_data",
     [](ModuleFile& f) { f.module.name = f.records_at; },
     "sample.cwm: module record at 0x3000: name is at 0x3000, which is not in read-only data"},
    {"name_in_zeroed_memory",
     [](ModuleFile& f) { f.module.name = f.state_at; },
     "sample.cwm: module record at 0x3000: name is at 0x4040, which is not in read-only data"},
    {"name_at_the_end_of_its_load",
     [](ModuleFile& f) { f.module.name = f.text_at + ModuleFile::kTextBytes; },
     "sample.cwm: module record at 0x3000: name is at 0x1400, which is not in read-only data"},
    {"name_without_end",
     [](ModuleFile& f) {
         f.module.name = f.text_at - 3;
         f.patch(f.text_at - 3, "abc");
     },
     "sample.cwm: module record at 0x3000: name at 0xffd does not end within 3 bytes"},
    {"name_without_end_in_text",
     [](ModuleFile& f) { f.module.name = f.text_at; },
     "sample.cwm: module record at 0x3000: name at 0x1000 does not end within 64 bytes"},
    {"name_of_64_bytes",
     [](ModuleFile& f) { f.module.name = f.add_string(std::string(64, 'n')); },
     "sample.cwm: module record at 0x3000: name at 0x995 does not end within 64 bytes"},
    {"name_empty",
     [](ModuleFile& f) { f.module.name = f.add_string(""); },
     "sample.cwm: module record at 0x3000: name '' is not made of a-z, 0-9 and '_'"},
    {"name_upper_case",
     [](ModuleFile& f) { f.module.name = f.add_string("Sample"); },
     "sample.cwm: module record at 0x3000: name 'Sample' is not made of a-z, 0-9 and '_'"},
    {"name_with_dot",
     [](ModuleFile& f) { f.module.name = f.add_string("sam.ple"); },
     "sample.cwm: module record at 0x3000: name 'sam.ple' is not made of a-z, 0-9 and '_'"},
    {"name_with_space",
     [](ModuleFile& f) { f.module.name = f.add_string("sam ple"); },
     "sample.cwm: module record at 0x3000: name 'sam ple' is not made of a-z, 0-9 and '_'"},
    {"name_with_dash",
     [](ModuleFile& f) { f.module.name = f.add_string("sam-ple"); },
     "sample.cwm: module record at 0x3000: name 'sam-ple' is not made of a-z, 0-9 and '_'"},
    {"name_with_escape",
     [](ModuleFile& f) { f.module.name = f.add_string("sam\x1bple"); },
     "sample.cwm: module record at 0x3000: name 'sam?ple' has the byte 0x1b, which is not "
     "printable"},
    {"name_with_letter_beyond_ascii",
     [](ModuleFile& f) { f.module.name = f.add_string("s\xc3mple"); },
     "sample.cwm: module record at 0x3000: name 's?mple' has the byte 0xc3, which is not "
     "printable"},
    {"name_not_of_file",
     [](ModuleFile& f) { f.module.name = f.add_string("example"); },
     "sample.cwm: module record at 0x3000: name 'example' is not the name of the file"},
    {"name_not_of_file_in_folder",
     [](ModuleFile& f) { f.module.name = f.add_string("example"); },
     "modules/sample.cwm: module record at 0x3000: name 'example' is not the name of the file",
     "modules/sample.cwm"},
    {"name_is_folder",
     [](ModuleFile& f) { f.module.name = f.add_string("modules"); },
     "modules/sample.cwm: module record at 0x3000: name 'modules' is not the name of the file",
     "modules/sample.cwm"},
    {"name_longer_than_file",
     [](ModuleFile& f) { f.module.name = f.add_string("sample_2"); },
     "sample.cwm: module record at 0x3000: name 'sample_2' is not the name of the file"},
    {"name_of_nameless_file",
     [](ModuleFile& f) { f.resize(16448); },
     ".cwm: module record at 0x3000: name 'sample' is not the name of the file",
     ".cwm"},
    {"name_of_file_long",
     [](ModuleFile& f) { f.module.name = f.add_string("b"); },
     "a_module_file_whose_name_is_so_long_that_messages_show_only_the: module record at 0x3000: "
     "name 'b' is not the name of the file",
     "a_module_file_whose_name_is_so_long_that_messages_show_only_the_beginning_of_it.cwm"},
    {"name_of_file_not_printable",
     [](ModuleFile& f) { f.resize(16448); },
     "sam?ple?.cwm: module record at 0x3000: name 'sample' is not the name of the file",
     "sam\tple\n.cwm"},
    {"module_flags_unknown",
     [](ModuleFile& f) { f.module.flags = 0x4; },
     "sample.cwm: module record at 0x3000 (sample): has the unknown flags 0x4"},
    {"module_flags_all",
     [](ModuleFile& f) { f.module.flags = 0xffffffff; },
     "sample.cwm: module record at 0x3000 (sample): has the unknown flags 0xffffffff"},
    {"placement_domain",
     [](ModuleFile& f) { f.module.default_placement = abi::Placement::domain; },
     "sample.cwm: module record at 0x3000 (sample): has the default placement 'domain', which "
     "names no domain"},
    {"placement_unknown",
     [](ModuleFile& f) { f.module.default_placement = abi::Placement{4}; },
     "sample.cwm: module record at 0x3000 (sample): has the unknown default placement 4"},
    {"placement_largest",
     [](ModuleFile& f) { f.module.default_placement = abi::Placement{0xffffffff}; },
     "sample.cwm: module record at 0x3000 (sample): has the unknown default placement 4294967295"},
    {"heap_too_large",
     [](ModuleFile& f) { f.module.heap_bytes = abi::kMaxHeapBytes + 1; },
     "sample.cwm: module record at 0x3000 (sample): asks for a heap of 1073741825 bytes, more than "
     "1073741824"},
    {"heap_largest",
     [](ModuleFile& f) { f.module.heap_bytes = ~std::uint64_t{0}; },
     "sample.cwm: module record at 0x3000 (sample): asks for a heap of 18446744073709551615 bytes, "
     "more than 1073741824"},
    {"stack_too_large",
     [](ModuleFile& f) { f.module.stack_bytes = abi::kMaxStackBytes + 1; },
     "sample.cwm: module record at 0x3000 (sample): asks for a stack of 1048577 bytes, more than "
     "1048576"},
    {"frames_too_large",
     [](ModuleFile& f) { f.module.frame_bytes = abi::kMaxFrameBytes + 1; },
     "sample.cwm: module record at 0x3000 (sample): asks for 16777217 bytes of coroutine frames, "
     "more than 16777216"},
    {"state_of_no_bytes",
     [](ModuleFile& f) { f.module.state_bytes = 0; },
     "sample.cwm: module record at 0x3000 (sample): has a module state of 0 bytes"},
    {"state_missing",
     [](ModuleFile& f) { f.module.state = 0; },
     "sample.cwm: module record at 0x3000 (sample): state is missing"},
    {"state_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 1); },
     "sample.cwm: module record at 0x3000 (sample): state at 0x3028 is not relocated"},
    {"state_not_aligned",
     [](ModuleFile& f) { f.module.state = f.state_at + 32; },
     "sample.cwm: module record at 0x3000 (sample): state is at 0x4060, which is not 64-byte "
     "aligned"},
    {"state_in_relro",
     [](ModuleFile& f) { f.module.state = f.records_at; },
     "sample.cwm: module record at 0x3000 (sample): state (128 bytes at 0x3000) is not in writable "
     "memory"},
    {"state_in_text",
     [](ModuleFile& f) { f.module.state = f.text_at; },
     "sample.cwm: module record at 0x3000 (sample): state (128 bytes at 0x1000) is not in writable "
     "memory"},
    {"state_in_read_only_data",
     [](ModuleFile& f) { f.module.state = f.symbols_at; },
     "sample.cwm: module record at 0x3000 (sample): state (128 bytes at 0x400) is not in writable "
     "memory"},
    {"state_beyond_memory",
     [](ModuleFile& f) { f.module.state = f.state_at + 64; },
     "sample.cwm: module record at 0x3000 (sample): state (128 bytes at 0x4080) is not in writable "
     "memory"},
    {"state_in_rest_of_page",
     [](ModuleFile& f) { f.module.state = f.state_at + 0x100; },
     "sample.cwm: module record at 0x3000 (sample): state (128 bytes at 0x4140) is not in writable "
     "memory"},
    {"state_too_large",
     [](ModuleFile& f) { f.module.state_bytes = 129; },
     "sample.cwm: module record at 0x3000 (sample): state (129 bytes at 0x4040) is not in writable "
     "memory"},
    {"state_of_largest_size",
     [](ModuleFile& f) { f.module.state_bytes = 0xffffffff; },
     "sample.cwm: module record at 0x3000 (sample): state (4294967295 bytes at 0x4040) is not in "
     "writable memory"},
    {"start_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 2); },
     "sample.cwm: module record at 0x3000 (sample): start at 0x3030 is not relocated"},
    {"start_in_data",
     [](ModuleFile& f) { f.module.start = f.grants_at; },
     "sample.cwm: module record at 0x3000 (sample): start is 0x4000, which is no instruction in "
     "executable text"},
    {"start_in_read_only_data",
     [](ModuleFile& f) { f.module.start = f.strings_at; },
     "sample.cwm: module record at 0x3000 (sample): start is 0x900, which is no instruction in "
     "executable text"},
    {"start_in_relro",
     [](ModuleFile& f) { f.module.start = f.records_at; },
     "sample.cwm: module record at 0x3000 (sample): start is 0x3000, which is no instruction in "
     "executable text"},
    {"start_beyond_text",
     [](ModuleFile& f) { f.module.start = f.text_at + 0x400; },
     "sample.cwm: module record at 0x3000 (sample): start is 0x1400, which is no instruction in "
     "executable text"},
    {"start_odd",
     [](ModuleFile& f) { f.module.start += 1; },
     "sample.cwm: module record at 0x3000 (sample): start is 0x13f1, which is no instruction in "
     "executable text"},
};

} // namespace

std::span<const MalformedCase> malformed_module_records() {
    return kCases;
}

} // namespace cw::loader::test
