// Publish and read records. All cases begin with the module that has some: the sample has none.
#include <string>

#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

/// Makes the change of a case to the module with variables, whatever file it is given.
template <auto kChange>
void in_variables(ModuleFile& f) {
    f = ModuleFile{variables_spec()};
    kChange(f);
}

/// Gives the record a schema, and what belongs to it.
template <class Record>
void set_schema(ModuleFile& f, Record& record, const std::string& text, std::uint32_t bytes) {
    record.schema = f.add_string(text);
    record.layout = abi::signature_hash(text.data(), text.size());
    record.bytes = bytes;
}

/// Takes the relocation of the word at `place` away.
void erase_relocation(ModuleFile& f, std::uint64_t place) {
    std::erase_if(f.relocations(), [place](const elf::Rela& rela) { return rela.place == place; });
}

constexpr MalformedCase kCases[] = {
    {"publish_record_shorter",
     in_variables<[](ModuleFile& f) { f.publishes[0].header.size = 56; }>,
     "sample.cwm: publish record at 0x3188: has size 56, not 64"},
    {"publish_record_longer",
     in_variables<[](ModuleFile& f) { f.publishes[0].header.size = 72; }>,
     "sample.cwm: publish record at 0x3188: has size 72, not 64"},
    {"publish_record_called_read",
     in_variables<[](ModuleFile& f) { f.publishes[0].header.kind = abi::RecordKind::read; }>,
     "sample.cwm: read record at 0x3188: has size 64, not 48"},
    {"publish_name_missing",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = 0; }>,
     "sample.cwm: publish record at 0x3188: name is missing"},
    {"publish_name_not_relocated",
     in_variables<[](ModuleFile& f) { erase_relocation(f, f.publish_at(0) + 16); }>,
     "sample.cwm: publish record at 0x3188: name at 0x3198 is not relocated"},
    {"publish_name_in_writable_data",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.grants_at; }>,
     "sample.cwm: publish record at 0x3188: name is at 0x4000, which is not in read-only data"},
    {"publish_name_not_printable",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("sample/\x7f"); }>,
     "sample.cwm: publish record at 0x3188: name 'sample/?' has the byte 0x7f, which is not "
     "printable"},
    {"publish_name_of_64_bytes",
     in_variables<[](ModuleFile& f) {
         f.publishes[0].name = f.add_string("s/" + std::string(62, 'n'));
     }>,
     "sample.cwm: publish record at 0x3188: name at 0xb0e does not end within 64 bytes"},
    {"publish_name_empty",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string(""); }>,
     "sample.cwm: publish record at 0x3188: name '' is not of the form scope/name"},
    {"publish_name_without_slash",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("sample"); }>,
     "sample.cwm: publish record at 0x3188: name 'sample' is not of the form scope/name"},
    {"publish_name_of_a_method",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("sample.add"); }>,
     "sample.cwm: publish record at 0x3188: name 'sample.add' is not of the form scope/name"},
    {"publish_name_without_scope",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("/zone"); }>,
     "sample.cwm: publish record at 0x3188: name '/zone' is not of the form scope/name"},
    {"publish_name_without_end",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("sample/"); }>,
     "sample.cwm: publish record at 0x3188: name 'sample/' is not of the form scope/name"},
    {"publish_name_with_empty_part",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("sample//zone"); }>,
     "sample.cwm: publish record at 0x3188: name 'sample//zone' is not of the form scope/name"},
    {"publish_name_is_a_slash",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("/"); }>,
     "sample.cwm: publish record at 0x3188: name '/' is not of the form scope/name"},
    {"publish_name_upper_case",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("sample/Zone"); }>,
     "sample.cwm: publish record at 0x3188: name 'sample/Zone' is not of the form scope/name"},
    {"publish_scope_upper_case",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("Sample/zone"); }>,
     "sample.cwm: publish record at 0x3188: name 'Sample/zone' is not of the form scope/name"},
    {"publish_name_with_space",
     in_variables<[](ModuleFile& f) { f.publishes[0].name = f.add_string("sample/time zone"); }>,
     "sample.cwm: publish record at 0x3188: name 'sample/time zone' is not of the form scope/name"},
    {"publish_schema_missing",
     in_variables<[](ModuleFile& f) { f.publishes[0].schema = 0; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): schema is missing"},
    {"publish_schema_not_relocated",
     in_variables<[](ModuleFile& f) { erase_relocation(f, f.publish_at(0) + 24); }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): schema at 0x31a0 is not relocated"},
    {"publish_schema_in_relro",
     in_variables<[](ModuleFile& f) { f.publishes[0].schema = f.records_at; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): schema is at 0x3000, which is not in "
     "read-only data"},
    {"publish_schema_not_printable",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[0], "sec:i64,\tzone:u64", 16); }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): schema 'sec:i64,?zone:u64' has the byte "
     "0x9, which is not printable"},
    {"publish_schema_of_1024_bytes",
     in_variables<[](ModuleFile& f) {
         ModuleSpec spec = variables_spec();
         spec.publishes[0].schema = std::string(1015, 'f') + ":char[16]";
         f = ModuleFile{spec};
     }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): schema at 0xaa1 does not end within 1024 "
     "bytes"},
    {"publish_schema_without_end",
     in_variables<[](ModuleFile& f) {
         f.publishes[0].schema = f.text_at - 4;
         f.patch(f.text_at - 4, ":u64");
     }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): schema at 0xffc does not end within 4 "
     "bytes"},
    {"publish_layout_wrong",
     in_variables<[](ModuleFile& f) { f.publishes[0].layout ^= 1; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has layout 0xe16b77052e44451c, but its "
     "schema has 0xe16b77052e44451d"},
    {"publish_layout_of_other_variable",
     in_variables<[](ModuleFile& f) { f.publishes[1].layout = f.reads[0].layout; }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has layout 0x551bfb4e09e8a60e, but its "
     "schema has 0x26a9b4e6c170569"},
    {"publish_bytes_zero",
     in_variables<[](ModuleFile& f) { f.publishes[0].bytes = 0; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has 0 bytes, not 1 to 1024"},
    {"publish_bytes_1025",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[0], ":u8[1025]", 1025); }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has 1025 bytes, not 1 to 1024"},
    {"publish_bytes_largest",
     in_variables<[](ModuleFile& f) { f.publishes[0].bytes = 0xffffffff; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has 4294967295 bytes, not 1 to 1024"},
    {"publish_bytes_too_few",
     in_variables<[](ModuleFile& f) { f.publishes[0].bytes = 15; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has 15 bytes, but its schema says 16"},
    {"publish_bytes_too_many",
     in_variables<[](ModuleFile& f) { f.publishes[1].bytes = 8; }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 8 bytes, but its schema says 4"},
    {"publish_schema_empty",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_without_colon",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "u32", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_of_unknown_type",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], ":u24", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_without_type",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "level:", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_with_record_left_open",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "a:u16,b:{c:u16", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_with_record_closed_twice",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "a:{b:u32}}", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_of_empty_record",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "a:u32,b:{}", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_with_empty_field",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "a:u16,,b:u16", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_of_no_elements",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "a:u32[0]", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_of_elements_not_counted",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "a:u32[]", 4); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_schema_nested_too_deep",
     in_variables<[](ModuleFile& f) {
         set_schema(f, f.publishes[1], ":u32[1][1][1][1][1][1][1][1]", 4);
     }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has 4 bytes, but its schema says 0"},
    {"publish_flags",
     in_variables<[](ModuleFile& f) { f.publishes[0].flags = 0x80000001; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has flags 0x80000001, of which none are "
     "known"},
    {"publish_slot_missing",
     in_variables<[](ModuleFile& f) { f.publishes[0].slot = 0; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): slot is missing"},
    {"publish_slot_not_relocated",
     in_variables<[](ModuleFile& f) { erase_relocation(f, f.publish_at(0) + 32); }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): slot at 0x31a8 is not relocated"},
    {"publish_slot_not_aligned",
     in_variables<[](ModuleFile& f) { f.publishes[0].slot += 4; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): slot is at 0x34a4, which is not 8-byte "
     "aligned"},
    {"publish_slot_in_text",
     in_variables<[](ModuleFile& f) { f.publishes[0].slot = f.text_at; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): slot (8 bytes at 0x1000) is not in "
     "writable or relocated memory"},
    {"publish_slot_in_remote_text",
     in_variables<[](ModuleFile& f) { f.publishes[0].slot = f.remote_text_at; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): slot (8 bytes at 0x2000) is not in "
     "writable or relocated memory"},
    {"publish_slot_in_read_only_data",
     in_variables<[](ModuleFile& f) { f.publishes[0].slot = f.strings_at; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): slot (8 bytes at 0xa00) is not in "
     "writable or relocated memory"},
    {"publish_slot_at_the_end_of_relro",
     in_variables<[](ModuleFile& f) { f.publishes[0].slot = f.variable_slots_at + 48; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): slot (8 bytes at 0x34d0) is not in "
     "writable or relocated memory"},
    {"publish_slot_in_rest_of_page",
     in_variables<[](ModuleFile& f) { f.publishes[0].slot = f.state_at + 0x800; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): slot (8 bytes at 0x4840) is not in "
     "writable or relocated memory"},
    {"publish_slot_runs_over_the_end",
     in_variables<[](ModuleFile& f) {
         f.program_headers[ModuleFile::kData].memory_bytes += 4;
         f.publishes[0].slot = f.state_at + 128;
     }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): slot (8 bytes at 0x40c0) is not in "
     "writable or relocated memory"},
    {"publish_latch_called_word",
     in_variables<[](ModuleFile& f) { f.publishes[0].form = 2; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has form 2, but a value of 16 bytes has "
     "1"},
    {"publish_word_called_latch",
     in_variables<[](ModuleFile& f) { f.publishes[1].form = 1; }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has form 1, but a value of 4 bytes has "
     "2"},
    {"publish_word_of_9_bytes",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[1], "a:u64,b:u8", 9); }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has form 2, but a value of 9 bytes has "
     "1"},
    {"publish_latch_of_8_bytes",
     in_variables<[](ModuleFile& f) { set_schema(f, f.publishes[0], ":u64", 8); }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has form 1, but a value of 8 bytes has "
     "2"},
    {"publish_form_zero",
     in_variables<[](ModuleFile& f) { f.publishes[0].form = 0; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has form 0, but a value of 16 bytes has "
     "1"},
    {"publish_form_unknown",
     in_variables<[](ModuleFile& f) { f.publishes[1].form = 4; }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has form 4, but a value of 4 bytes has "
     "2"},
    {"publish_word_of_lanes",
     in_variables<[](ModuleFile& f) { f.publishes[1].form |= 1 << 8; }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has form 258, but a value of 4 bytes "
     "has "
     "2"},
    {"publish_no_lanes",
     in_variables<[](ModuleFile& f) { f.publishes[0].form = 3; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has 0 lanes, not 1 to 64"},
    {"publish_65_lanes",
     in_variables<[](ModuleFile& f) { f.publishes[0].form = 3 | 65 << 8; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has 65 lanes, not 1 to 64"},
    {"publish_lanes_of_small_numbers",
     in_variables<[](ModuleFile& f) {
         f.publishes[1].form = 3 | 1 << 8;
         set_schema(f, f.publishes[1], "a:u64,b:u8", 9);
     }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has lanes, but its schema 'a:u64,b:u8' "
     "has more than u64 in it"},
    {"publish_lease_of_lanes",
     in_variables<[](ModuleFile& f) {
         f.publishes[1].form = 3 | 1 << 8;
         f.publishes[1].lease_ms = 1;
         set_schema(f, f.publishes[1], "a:u64,b:u64[2]", 24);
     }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has a lease, but 24 bytes do not show "
     "that they are renewed"},
    {"publish_lease_of_a_word",
     in_variables<[](ModuleFile& f) { f.publishes[1].lease_ms = 1; }>,
     "sample.cwm: publish record at 0x31c8 (sample/level): has a lease, but 4 bytes do not show "
     "that they are "
     "renewed"},
    {"publish_fallback",
     in_variables<[](ModuleFile& f) { f.publishes[0].fallback = std::uint64_t{1} << 63; }>,
     "sample.cwm: publish record at 0x3188 (sample/zone): has 0x8000000000000000 in a reserved "
     "field"},
    {"read_record_shorter",
     in_variables<[](ModuleFile& f) { f.reads[0].header.size = 40; }>,
     "sample.cwm: read record at 0x3208: has size 40, not 48"},
    {"read_record_longer",
     in_variables<[](ModuleFile& f) { f.reads[0].header.size = 56; }>,
     "sample.cwm: read record at 0x3208: has size 56, not 48"},
    {"read_record_called_publish",
     in_variables<[](ModuleFile& f) { f.reads[0].header.kind = abi::RecordKind::publish; }>,
     "sample.cwm: publish record at 0x3208: has size 48, not 64"},
    {"read_name_missing",
     in_variables<[](ModuleFile& f) { f.reads[0].name = 0; }>,
     "sample.cwm: read record at 0x3208: name is missing"},
    {"read_name_not_relocated",
     in_variables<[](ModuleFile& f) { erase_relocation(f, f.read_at(0) + 16); }>,
     "sample.cwm: read record at 0x3208: name at 0x3218 is not relocated"},
    {"read_name_not_printable",
     in_variables<[](ModuleFile& f) { f.reads[0].name = f.add_string("clock\n/offset"); }>,
     "sample.cwm: read record at 0x3208: name 'clock?/offset' has the byte 0xa, which is not "
     "printable"},
    {"read_name_of_64_bytes",
     in_variables<[](ModuleFile& f) {
         f.reads[0].name = f.add_string(std::string(62, 's') + "/n");
     }>,
     "sample.cwm: read record at 0x3208: name at 0xb0e does not end within 64 bytes"},
    {"read_name_without_slash",
     in_variables<[](ModuleFile& f) { f.reads[0].name = f.add_string("clock"); }>,
     "sample.cwm: read record at 0x3208: name 'clock' is not of the form scope/name"},
    {"read_name_with_empty_part",
     in_variables<[](ModuleFile& f) { f.reads[0].name = f.add_string("clock//offset"); }>,
     "sample.cwm: read record at 0x3208: name 'clock//offset' is not of the form scope/name"},
    {"read_name_upper_case",
     in_variables<[](ModuleFile& f) { f.reads[0].name = f.add_string("clock/offseT"); }>,
     "sample.cwm: read record at 0x3208: name 'clock/offseT' is not of the form scope/name"},
    {"read_schema_missing",
     in_variables<[](ModuleFile& f) { f.reads[1].schema = 0; }>,
     "sample.cwm: read record at 0x3238 (shaper/eth0:1/rate): schema is missing"},
    {"read_schema_not_relocated",
     in_variables<[](ModuleFile& f) { erase_relocation(f, f.read_at(1) + 24); }>,
     "sample.cwm: read record at 0x3238 (shaper/eth0:1/rate): schema at 0x3250 is not relocated"},
    {"read_schema_in_writable_data",
     in_variables<[](ModuleFile& f) { f.reads[0].schema = f.grants_at; }>,
     "sample.cwm: read record at 0x3208 (clock/offset): schema is at 0x4000, which is not in "
     "read-only data"},
    {"read_schema_not_printable",
     in_variables<[](ModuleFile& f) { set_schema(f, f.reads[0], ":i64\x80", 8); }>,
     "sample.cwm: read record at 0x3208 (clock/offset): schema ':i64?' has the byte 0x80, which is "
     "not printable"},
    {"read_layout_zero",
     in_variables<[](ModuleFile& f) { f.reads[0].layout = 0; }>,
     "sample.cwm: read record at 0x3208 (clock/offset): has layout 0x0, but its schema has "
     "0x551bfb4e09e8a60e"},
    {"read_bytes_zero",
     in_variables<[](ModuleFile& f) { f.reads[0].bytes = 0; }>,
     "sample.cwm: read record at 0x3208 (clock/offset): has 0 bytes, not 1 to 1024"},
    {"read_bytes_1025",
     in_variables<[](ModuleFile& f) { set_schema(f, f.reads[1], "text:char[1025]", 1025); }>,
     "sample.cwm: read record at 0x3238 (shaper/eth0:1/rate): has 1025 bytes, not 1 to 1024"},
    {"read_bytes_other_than_schema",
     in_variables<[](ModuleFile& f) { f.reads[1].bytes = 24; }>,
     "sample.cwm: read record at 0x3238 (shaper/eth0:1/rate): has 24 bytes, but its schema says "
     "20"},
    {"read_schema_not_in_order",
     in_variables<[](ModuleFile& f) { set_schema(f, f.reads[0], ":i64]", 8); }>,
     "sample.cwm: read record at 0x3208 (clock/offset): has 8 bytes, but its schema says 0"},
    {"read_flags",
     in_variables<[](ModuleFile& f) { f.reads[0].flags = 1; }>,
     "sample.cwm: read record at 0x3208 (clock/offset): has flags 0x1, of which none are known"},
    {"read_slot_missing",
     in_variables<[](ModuleFile& f) { f.reads[0].slot = 0; }>,
     "sample.cwm: read record at 0x3208 (clock/offset): slot is missing"},
    {"read_slot_not_relocated",
     in_variables<[](ModuleFile& f) { erase_relocation(f, f.read_at(0) + 32); }>,
     "sample.cwm: read record at 0x3208 (clock/offset): slot at 0x3228 is not relocated"},
    {"read_slot_not_aligned",
     in_variables<[](ModuleFile& f) { f.reads[1].slot -= 4; }>,
     "sample.cwm: read record at 0x3238 (shaper/eth0:1/rate): slot is at 0x34bc, which is not "
     "8-byte aligned"},
    {"read_slot_in_read_only_data",
     in_variables<[](ModuleFile& f) { f.reads[0].slot = f.strings_at; }>,
     "sample.cwm: read record at 0x3208 (clock/offset): slot (16 bytes at 0xa00) is not in "
     "writable "
     "or relocated memory"},
    {"read_slot_at_the_end_of_relro",
     in_variables<[](ModuleFile& f) { f.reads[1].slot += 8; }>,
     "sample.cwm: read record at 0x3238 (shaper/eth0:1/rate): slot (16 bytes at 0x34c8) is not in "
     "writable or relocated memory"},
    {"read_slot_runs_over_the_end",
     in_variables<[](ModuleFile& f) {
         f.program_headers[ModuleFile::kData].memory_bytes += 12;
         f.reads[0].slot = f.state_at + 128;
     }>,
     "sample.cwm: read record at 0x3208 (clock/offset): slot (16 bytes at 0x40c0) is not in "
     "writable or relocated memory"},
    {"too_many_publishes",
     in_variables<[](ModuleFile& f) {
         ModuleSpec spec = variables_spec();
         spec.publishes.clear();
         for (int i = 0; i < 65; ++i)
             spec.publishes.push_back({"many/n" + std::to_string(i), ":u8", 1});
         f = ModuleFile{spec};
     }>,
     "sample.cwm: has more than 64 publish records"},
    {"too_many_reads",
     in_variables<[](ModuleFile& f) {
         ModuleSpec spec = variables_spec();
         spec.reads.clear();
         for (int i = 0; i < 65; ++i)
             spec.reads.push_back({"many/n" + std::to_string(i), ":u8", 1});
         f = ModuleFile{spec};
     }>,
     "sample.cwm: has more than 64 read records"},
    {"publishes_a_name_twice",
     in_variables<[](ModuleFile& f) {
         ModuleSpec spec = variables_spec();
         spec.publishes.push_back({"sample/zone", ":u8", 1});
         f = ModuleFile{spec};
     }>,
     "sample.cwm: publishes sample/zone twice"},
    {"variable_slots_equal",
     in_variables<[](ModuleFile& f) { f.publishes[1].slot = f.publishes[0].slot; }>,
     "sample.cwm: the memory of sample/level (0x34a0) overlaps the memory of sample/zone (0x34a0)"},
    {"variable_slots_of_both_kinds_equal",
     in_variables<[](ModuleFile& f) { f.reads[0].slot = f.publishes[1].slot; }>,
     "sample.cwm: the memory of clock/offset (0x34a8) overlaps the memory of sample/level "
     "(0x34a8)"},
    {"variable_slots_of_reads_equal",
     in_variables<[](ModuleFile& f) { f.reads[0].slot = f.reads[1].slot; }>,
     "sample.cwm: the memory of shaper/eth0:1/rate (0x34c0) overlaps the memory of clock/offset "
     "(0x34c0)"},
    {"variable_slot_in_method_slot",
     in_variables<[](ModuleFile& f) { f.publishes[0].slot = f.slots_at + 24; }>,
     "sample.cwm: the memory of sample/zone (0x3498) overlaps the memory of clock.now (0x3490)"},
    {"variable_slot_of_read_in_method_slot",
     in_variables<[](ModuleFile& f) { f.reads[1].slot = f.slots_at; }>,
     "sample.cwm: the memory of shaper/eth0:1/rate (0x3480) overlaps the memory of log.put "
     "(0x3480)"},
    {"variable_slot_in_the_grant",
     in_variables<[](ModuleFile& f) { f.publishes[1].slot = f.grants_at + 24; }>,
     "sample.cwm: the memory of sample/level (0x4018) overlaps the memory of ns16550a (0x4000)"},
    {"variable_slot_in_the_state",
     in_variables<[](ModuleFile& f) { f.reads[0].slot = f.state_at + 112; }>,
     "sample.cwm: the memory of clock/offset (0x40b0) overlaps the memory of the module state "
     "(0x4040)"},
};

} // namespace

std::span<const MalformedCase> malformed_variable_records() {
    return kCases;
}

} // namespace cw::loader::test
