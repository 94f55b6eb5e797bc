// Record sections as a whole, device records, and records that contradict one another.
#include <string>

#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

constexpr MalformedCase kCases[] = {
    {"segment_empty",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRecords].file_bytes = 0;
         f.program_headers[ModuleFile::kRecords].memory_bytes = 0;
     },
     "sample.cwm: has no module record"},
    {"segment_of_half_a_header",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRecords].file_bytes = 4;
         f.program_headers[ModuleFile::kRecords].memory_bytes = 4;
     },
     "sample.cwm: the record segment ends with 4 bytes that are no record"},
    {"segment_ends_in_a_header",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRecords].file_bytes = 80 + 4;
         f.program_headers[ModuleFile::kRecords].memory_bytes = 80 + 4;
     },
     "sample.cwm: the record segment ends with 4 bytes that are no record"},
    {"segment_ends_in_a_record",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRecords].file_bytes = 80 + 72;
         f.program_headers[ModuleFile::kRecords].memory_bytes = 80 + 72;
     },
     "sample.cwm: the record at 0x3050 has size 80, of 72 bytes left"},
    {"segment_runs_into_other_data",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRecords].file_bytes += 8;
         f.program_headers[ModuleFile::kRecords].memory_bytes += 8;
     },
     "sample.cwm: the record at 0x3188 has size 0, of 8 bytes left"},
    {"record_size_zero",
     [](ModuleFile& f) { f.provides[0].header.size = 0; },
     "sample.cwm: the record at 0x3050 has size 0, of 312 bytes left"},
    {"first_record_not_whole",
     [](ModuleFile& f) { f.module.header = {.kind = abi::RecordKind::provide, .size = 4}; },
     "sample.cwm: the record at 0x3000 has size 4, of 392 bytes left"},
    {"record_size_of_half_a_header",
     [](ModuleFile& f) { f.provides[0].header.size = 4; },
     "sample.cwm: the record at 0x3050 has size 4, of 312 bytes left"},
    {"record_size_uneven",
     [](ModuleFile& f) { f.provides[0].header.size = 84; },
     "sample.cwm: the record at 0x3050 has size 84, of 312 bytes left"},
    {"record_size_beyond_segment",
     [](ModuleFile& f) { f.devices[0].header.size = 32; },
     "sample.cwm: the record at 0x3170 has size 32, of 24 bytes left"},
    {"record_size_largest",
     [](ModuleFile& f) { f.provides[0].header.size = 0xfffffff8; },
     "sample.cwm: the record at 0x3050 has size 4294967288, of 312 bytes left"},
    {"record_kind_zero",
     [](ModuleFile& f) { f.provides[1].header.kind = abi::RecordKind{0}; },
     "sample.cwm: the record at 0x30a0 has the unknown kind 0"},
    {"record_kind_unknown",
     [](ModuleFile& f) { f.provides[1].header.kind = abi::RecordKind{7}; },
     "sample.cwm: the record at 0x30a0 has the unknown kind 7"},
    {"record_kind_largest",
     [](ModuleFile& f) { f.provides[1].header.kind = abi::RecordKind{0xffffffff}; },
     "sample.cwm: the record at 0x30a0 has the unknown kind 4294967295"},
    {"module_record_shorter",
     [](ModuleFile& f) { f.module.header.size = 72; },
     "sample.cwm: module record at 0x3000: has size 72, not 80"},
    {"module_record_longer",
     [](ModuleFile& f) { f.module.header.size = 88; },
     "sample.cwm: module record at 0x3000: has size 88, not 80"},
    {"provide_record_shorter",
     [](ModuleFile& f) { f.provides[0].header.size = 72; },
     "sample.cwm: provide record at 0x3050: has size 72, not 80"},
    {"provide_record_longer",
     [](ModuleFile& f) { f.provides[0].header.size = 88; },
     "sample.cwm: provide record at 0x3050: has size 88, not 80"},
    {"require_record_shorter",
     [](ModuleFile& f) { f.requires_[0].header.size = 56; },
     "sample.cwm: require record at 0x30f0: has size 56, not 64"},
    {"require_record_longer",
     [](ModuleFile& f) { f.requires_[0].header.size = 72; },
     "sample.cwm: require record at 0x30f0: has size 72, not 64"},
    {"device_record_shorter",
     [](ModuleFile& f) { f.devices[0].header.size = 16; },
     "sample.cwm: device record at 0x3170: has size 16, not 24"},
    {"device_record_of_header_only",
     [](ModuleFile& f) { f.devices[0].header.size = 8; },
     "sample.cwm: device record at 0x3170: has size 8, not 24"},
    {"provide_record_called_require",
     [](ModuleFile& f) { f.provides[0].header.kind = abi::RecordKind::require; },
     "sample.cwm: require record at 0x3050: has size 80, not 64"},
    {"no_module_record",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRecords].offset += 80;
         f.program_headers[ModuleFile::kRecords].address += 80;
         f.program_headers[ModuleFile::kRecords].file_bytes -= 80;
         f.program_headers[ModuleFile::kRecords].memory_bytes -= 80;
     },
     "sample.cwm: has no module record"},
    {"two_module_records",
     [](ModuleFile& f) { f.provides[0].header.kind = abi::RecordKind::module; },
     "sample.cwm: has more than one module record"},
    {"too_many_provides",
     [](ModuleFile& f) {
         ModuleSpec spec = sample_spec();
         spec.provides.clear();
         for (int i = 0; i < 65; ++i)
             spec.provides.push_back({.name = "sample.m" + std::to_string(i)});
         f = ModuleFile{spec};
     },
     "sample.cwm: has more than 64 provide records"},
    {"too_many_requires",
     [](ModuleFile& f) {
         ModuleSpec spec = sample_spec();
         spec.requires_.clear();
         for (int i = 0; i < 65; ++i)
             spec.requires_.push_back({.name = "other.m" + std::to_string(i)});
         f = ModuleFile{spec};
     },
     "sample.cwm: has more than 64 require records"},
    {"too_many_devices",
     [](ModuleFile& f) {
         ModuleSpec spec = sample_spec();
         spec.devices.clear();
         for (int i = 0; i < 5; ++i)
             spec.devices.push_back("device" + std::to_string(i));
         f = ModuleFile{spec};
     },
     "sample.cwm: has more than 4 device records"},
    {"compatible_missing",
     [](ModuleFile& f) { f.devices[0].compatible = 0; },
     "sample.cwm: device record at 0x3170: compatible is missing"},
    {"compatible_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().end() - 4); },
     "sample.cwm: device record at 0x3170: compatible at 0x3178 is not relocated"},
    {"compatible_empty",
     [](ModuleFile& f) { f.devices[0].compatible = f.add_string(""); },
     "sample.cwm: device record at 0x3170: compatible is empty"},
    {"compatible_long",
     [](ModuleFile& f) { f.devices[0].compatible = f.add_string(std::string(64, 'c')); },
     "sample.cwm: device record at 0x3170: compatible at 0x995 does not end within 64 bytes"},
    {"compatible_in_writable_data",
     [](ModuleFile& f) { f.devices[0].compatible = f.grants_at; },
     "sample.cwm: device record at 0x3170: compatible is at 0x4000, which is not in read-only "
     "data"},
    {"compatible_not_printable",
     [](ModuleFile& f) { f.devices[0].compatible = f.add_string("ns16550a\n"); },
     "sample.cwm: device record at 0x3170: compatible 'ns16550a?' has the byte 0xa, which is not "
     "printable"},
    {"grant_missing",
     [](ModuleFile& f) { f.devices[0].grant = 0; },
     "sample.cwm: device record at 0x3170 (ns16550a): grant is missing"},
    {"grant_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().end() - 3); },
     "sample.cwm: device record at 0x3170 (ns16550a): grant at 0x3180 is not relocated"},
    {"grant_in_relro",
     [](ModuleFile& f) { f.devices[0].grant = f.slots_at; },
     "sample.cwm: device record at 0x3170 (ns16550a): grant (32 bytes at 0x33a0) is not in "
     "writable memory"},
    {"grant_in_text",
     [](ModuleFile& f) { f.devices[0].grant = f.text_at; },
     "sample.cwm: device record at 0x3170 (ns16550a): grant (32 bytes at 0x1000) is not in "
     "writable memory"},
    {"grant_not_aligned",
     [](ModuleFile& f) { f.devices[0].grant = f.grants_at + 4; },
     "sample.cwm: device record at 0x3170 (ns16550a): grant is at 0x4004, which is not 8-byte "
     "aligned"},
    {"grant_beyond_memory",
     [](ModuleFile& f) { f.devices[0].grant = f.state_at + 104; },
     "sample.cwm: device record at 0x3170 (ns16550a): grant (32 bytes at 0x40a8) is not in "
     "writable memory"},
    {"provides_a_name_twice",
     [](ModuleFile& f) {
         ModuleSpec spec = sample_spec();
         spec.provides.clear();
         for (int i = 0; i < 2; ++i)
             spec.provides.push_back(
                 {.name = "sample.same",
                  .signature = i == 0 ? "sample.same()->()" : "sample.same(a:u8)->()"});
         f = ModuleFile{spec};
     },
     "sample.cwm: provides sample.same twice"},
    {"requires_a_name_twice",
     [](ModuleFile& f) {
         ModuleSpec spec = sample_spec();
         spec.requires_.clear();
         for (int i = 0; i < 3; ++i)
             spec.requires_.push_back({.name = i == 1 ? "log.flush" : "log.put"});
         f = ModuleFile{spec};
     },
     "sample.cwm: requires log.put twice"},
    {"slots_equal",
     [](ModuleFile& f) { f.requires_[1].slot = f.requires_[0].slot; },
     "sample.cwm: the memory of clock.now (0x33a0) overlaps the memory of log.put (0x33a0)"},
    {"slots_overlap",
     [](ModuleFile& f) { f.requires_[1].slot = f.requires_[0].slot + 8; },
     "sample.cwm: the memory of clock.now (0x33a8) overlaps the memory of log.put (0x33a0)"},
    {"slot_in_the_state",
     [](ModuleFile& f) { f.requires_[0].slot = f.state_at + 112; },
     "sample.cwm: the memory of log.put (0x40b0) overlaps the memory of the module state (0x4040)"},
    {"slot_in_the_grant",
     [](ModuleFile& f) { f.requires_[1].slot = f.grants_at + 16; },
     "sample.cwm: the memory of ns16550a (0x4000) overlaps the memory of clock.now (0x4010)"},
    {"grant_in_the_state",
     [](ModuleFile& f) { f.devices[0].grant = f.state_at; },
     "sample.cwm: the memory of ns16550a (0x4040) overlaps the memory of the module state "
     "(0x4040)"},
    {"grants_overlap",
     [](ModuleFile& f) {
         ModuleSpec spec = sample_spec();
         spec.devices.clear();
         for (int i = 0; i < 2; ++i)
             spec.devices.push_back("device" + std::to_string(i));
         f = ModuleFile{spec};
         f.devices[1].grant = f.devices[0].grant + 24;
     },
     "sample.cwm: the memory of device1 (0x4018) overlaps the memory of device0 (0x4000)"},
};

} // namespace

std::span<const MalformedCase> malformed_record_sections() {
    return kCases;
}

} // namespace cw::loader::test
