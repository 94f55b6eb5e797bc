// Provide records, and the shapes that both kinds of method record have.
#include <string>

#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

/// Gives the record a signature and the hash that belongs to it.
void set_signature(ModuleFile& f, abi::ProvideRecord& record, const std::string& text) {
    record.signature = f.add_string(text);
    record.hash = abi::signature_hash(text.data(), text.size());
}

constexpr MalformedCase kCases[] = {
    {"provide_name_missing",
     [](ModuleFile& f) { f.provides[0].name = 0; },
     "sample.cwm: provide record at 0x3050: name is missing"},
    {"provide_name_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 3); },
     "sample.cwm: provide record at 0x3050: name at 0x3060 is not relocated"},
    {"provide_name_in_writable_data",
     [](ModuleFile& f) { f.provides[0].name = f.grants_at; },
     "sample.cwm: provide record at 0x3050: name is at 0x4000, which is not in read-only data"},
    {"provide_name_in_no_load",
     [](ModuleFile& f) { f.provides[0].name = f.state_at + 0x800; },
     "sample.cwm: provide record at 0x3050: name is at 0x4840, which is not in read-only data"},
    {"provide_name_of_64_bytes",
     [](ModuleFile& f) { f.provides[0].name = f.add_string("s." + std::string(62, 'm')); },
     "sample.cwm: provide record at 0x3050: name at 0x995 does not end within 64 bytes"},
    {"provide_name_without_dot",
     [](ModuleFile& f) { f.provides[0].name = f.add_string("sample_add"); },
     "sample.cwm: provide record at 0x3050: name 'sample_add' is not of the form service.method"},
    {"provide_name_with_two_dots",
     [](ModuleFile& f) { f.provides[0].name = f.add_string("sample.add.up"); },
     "sample.cwm: provide record at 0x3050: name 'sample.add.up' is not of the form "
     "service.method"},
    {"provide_name_without_service",
     [](ModuleFile& f) { f.provides[0].name = f.add_string(".add"); },
     "sample.cwm: provide record at 0x3050: name '.add' is not of the form service.method"},
    {"provide_name_without_method",
     [](ModuleFile& f) { f.provides[0].name = f.add_string("sample."); },
     "sample.cwm: provide record at 0x3050: name 'sample.' is not of the form service.method"},
    {"provide_name_empty",
     [](ModuleFile& f) { f.provides[0].name = f.add_string(""); },
     "sample.cwm: provide record at 0x3050: name '' is not of the form service.method"},
    {"provide_name_upper_case",
     [](ModuleFile& f) { f.provides[0].name = f.add_string("sample.Add"); },
     "sample.cwm: provide record at 0x3050: name 'sample.Add' is not of the form service.method"},
    {"provide_name_not_printable",
     [](ModuleFile& f) { f.provides[0].name = f.add_string("sample.\x7f"); },
     "sample.cwm: provide record at 0x3050: name 'sample.?' has the byte 0x7f, which is not "
     "printable"},
    {"provide_signature_missing",
     [](ModuleFile& f) { f.provides[0].signature = 0; },
     "sample.cwm: provide record at 0x3050 (sample.add): signature is missing"},
    {"provide_signature_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 4); },
     "sample.cwm: provide record at 0x3050 (sample.add): signature at 0x3068 is not relocated"},
    {"provide_signature_in_relro",
     [](ModuleFile& f) { f.provides[0].signature = f.records_at; },
     "sample.cwm: provide record at 0x3050 (sample.add): signature is at 0x3000, which is not in "
     "read-only data"},
    {"provide_signature_of_1024_bytes",
     [](ModuleFile& f) {
         ModuleSpec spec = sample_spec();
         spec.provides[0].signature = "sample.add(" + std::string(1013, 'a');
         f = ModuleFile{spec};
     },
     "sample.cwm: provide record at 0x3050 (sample.add): signature at 0x912 does not end within "
     "1024 bytes"},
    {"provide_signature_without_end",
     [](ModuleFile& f) {
         f.provides[0].signature = f.text_at - 11;
         f.patch(f.text_at - 11, "sample.add(");
     },
     "sample.cwm: provide record at 0x3050 (sample.add): signature at 0xff5 does not end within 11 "
     "bytes"},
    {"provide_signature_empty",
     [](ModuleFile& f) { set_signature(f, f.provides[0], ""); },
     "sample.cwm: provide record at 0x3050 (sample.add): the signature does not begin with the "
     "name and '(': "},
    {"provide_signature_of_other_method",
     [](ModuleFile& f) { set_signature(f, f.provides[0], "sample.sub(a:u64,b:u64)->(sum:u64)"); },
     "sample.cwm: provide record at 0x3050 (sample.add): the signature does not begin with the "
     "name and '(': sample.sub(a:u64,b:u64)->(sum:u64)"},
    {"provide_signature_of_longer_method",
     [](ModuleFile& f) { set_signature(f, f.provides[0], "sample.add_all()->()"); },
     "sample.cwm: provide record at 0x3050 (sample.add): the signature does not begin with the "
     "name and '(': sample.add_all()->()"},
    {"provide_signature_is_name_only",
     [](ModuleFile& f) { set_signature(f, f.provides[0], "sample.add"); },
     "sample.cwm: provide record at 0x3050 (sample.add): the signature does not begin with the "
     "name and '(': sample.add"},
    {"provide_signature_ends_in_name",
     [](ModuleFile& f) { set_signature(f, f.provides[0], "sample.ad"); },
     "sample.cwm: provide record at 0x3050 (sample.add): the signature does not begin with the "
     "name and '(': sample.ad"},
    {"provide_signature_not_printable",
     [](ModuleFile& f) { set_signature(f, f.provides[0], "sample.add(\r)->()"); },
     "sample.cwm: provide record at 0x3050 (sample.add): signature 'sample.add(?)->()' has the "
     "byte 0xd, which is not printable"},
    {"provide_hash_wrong",
     [](ModuleFile& f) { f.provides[0].hash ^= 1; },
     "sample.cwm: provide record at 0x3050 (sample.add): has hash 0x929bb3fd6c540e89, but its "
     "signature has 0x929bb3fd6c540e88"},
    {"provide_hash_of_other_method",
     [](ModuleFile& f) { f.provides[0].hash = f.provides[1].hash; },
     "sample.cwm: provide record at 0x3050 (sample.add): has hash 0x9a6d766f5c26ecf0, but its "
     "signature has 0x929bb3fd6c540e88"},
    {"provide_flag_optional",
     [](ModuleFile& f) { f.provides[0].flags = abi::kMethodOptional; },
     "sample.cwm: provide record at 0x3050 (sample.add): has flags 0x1, not all of which a provide "
     "record may have"},
    {"provide_flag_unknown",
     [](ModuleFile& f) { f.provides[0].flags = 0x8; },
     "sample.cwm: provide record at 0x3050 (sample.add): has flags 0x8, not all of which a provide "
     "record may have"},
    {"shape_of_7_argument_words",
     [](ModuleFile& f) { f.provides[0].shape = shape(7, 0); },
     "sample.cwm: provide record at 0x3050 (sample.add): has 7 argument and 0 reply words, more "
     "than 6"},
    {"shape_of_255_argument_words",
     [](ModuleFile& f) { f.provides[0].shape = shape(255, 0); },
     "sample.cwm: provide record at 0x3050 (sample.add): has 255 argument and 0 reply words, more "
     "than 6"},
    {"shape_of_7_reply_words",
     [](ModuleFile& f) { f.provides[0].shape = shape(0, 7); },
     "sample.cwm: provide record at 0x3050 (sample.add): has 0 argument and 7 reply words, more "
     "than 6"},
    {"shape_of_3_buffers",
     [](ModuleFile& f) {
         f.provides[0].shape = shape(6, 0, {0, 2});
         f.provides[0].shape.buffers = 3;
     },
     "sample.cwm: provide record at 0x3050 (sample.add): has 3 buffers, more than 2"},
    {"shape_of_255_buffers",
     [](ModuleFile& f) { f.provides[0].shape.buffers = 255; },
     "sample.cwm: provide record at 0x3050 (sample.add): has 255 buffers, more than 2"},
    {"shape_buffer_without_words",
     [](ModuleFile& f) { f.provides[0].shape = shape(0, 0, {0}); },
     "sample.cwm: provide record at 0x3050 (sample.add): has buffer 0 at word 0, beyond its 0 "
     "argument words"},
    {"shape_buffer_beyond_words",
     [](ModuleFile& f) { f.provides[0].shape = shape(6, 0, {5}); },
     "sample.cwm: provide record at 0x3050 (sample.add): has buffer 0 at word 5, beyond its 6 "
     "argument words"},
    {"shape_second_buffer_beyond_words",
     [](ModuleFile& f) { f.provides[0].shape = shape(4, 0, {0, 3}); },
     "sample.cwm: provide record at 0x3050 (sample.add): has buffer 1 at word 3, beyond its 4 "
     "argument words"},
    {"shape_buffer_far_beyond_words",
     [](ModuleFile& f) { f.provides[0].shape = shape(6, 0, {255}); },
     "sample.cwm: provide record at 0x3050 (sample.add): has buffer 0 at word 255, beyond its 6 "
     "argument words"},
    {"shape_buffers_equal",
     [](ModuleFile& f) { f.provides[0].shape = shape(6, 0, {2, 2}); },
     "sample.cwm: provide record at 0x3050 (sample.add): has overlapping buffers at words 2 and 2"},
    {"shape_buffers_overlap",
     [](ModuleFile& f) { f.provides[0].shape = shape(6, 0, {1, 2}); },
     "sample.cwm: provide record at 0x3050 (sample.add): has overlapping buffers at words 1 and 2"},
    {"shape_buffers_overlap_descending",
     [](ModuleFile& f) { f.provides[0].shape = shape(6, 0, {3, 2}); },
     "sample.cwm: provide record at 0x3050 (sample.add): has overlapping buffers at words 3 and 2"},
    {"shape_word_of_absent_buffer",
     [](ModuleFile& f) {
         f.provides[0].shape = shape(6, 0, {0, 2});
         f.provides[0].shape.buffers = 1;
     },
     "sample.cwm: provide record at 0x3050 (sample.add): has word 2 for buffer 1, which it does "
     "not have"},
    {"shape_word_of_absent_first_buffer",
     [](ModuleFile& f) {
         f.provides[0].shape = shape(6, 0);
         f.provides[0].shape.buffer_word[0] = 4;
     },
     "sample.cwm: provide record at 0x3050 (sample.add): has word 4 for buffer 0, which it does "
     "not have"},
    {"shape_reserved",
     [](ModuleFile& f) { f.provides[0].shape.reserved[2] = 1; },
     "sample.cwm: provide record at 0x3050 (sample.add): has 0x1 in a reserved field of its shape"},
    {"remote_layout_without_stub",
     [](ModuleFile& f) {
         f.provides[0].remote_stub = 0;
         f.provides[0].remote_layout = 0x10;
     },
     "sample.cwm: provide record at 0x3050 (sample.add): has the layout 0x10 of a remote stub, but "
     "no stub"},
    {"direct_missing",
     [](ModuleFile& f) { f.provides[0].direct = 0; },
     "sample.cwm: provide record at 0x3050 (sample.add): direct is missing"},
    {"direct_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 5); },
     "sample.cwm: provide record at 0x3050 (sample.add): direct at 0x3070 is not relocated"},
    {"direct_in_read_only_data",
     [](ModuleFile& f) { f.provides[0].direct = f.strings_at; },
     "sample.cwm: provide record at 0x3050 (sample.add): direct is 0x900, which is no instruction "
     "in executable text"},
    {"direct_in_data",
     [](ModuleFile& f) { f.provides[0].direct = f.state_at; },
     "sample.cwm: provide record at 0x3050 (sample.add): direct is 0x4040, which is no instruction "
     "in executable text"},
    {"direct_beyond_text",
     [](ModuleFile& f) { f.provides[0].direct = f.text_at + 0x400; },
     "sample.cwm: provide record at 0x3050 (sample.add): direct is 0x1400, which is no instruction "
     "in executable text"},
    {"direct_odd",
     [](ModuleFile& f) { f.provides[0].direct += 1; },
     "sample.cwm: provide record at 0x3050 (sample.add): direct is 0x1001, which is no instruction "
     "in executable text"},
    {"invoke_missing",
     [](ModuleFile& f) { f.provides[1].invoke = 0; },
     "sample.cwm: provide record at 0x30a0 (sample.fill): invoke is missing"},
    {"invoke_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 6); },
     "sample.cwm: provide record at 0x3050 (sample.add): invoke at 0x3078 is not relocated"},
    {"invoke_in_relro",
     [](ModuleFile& f) { f.provides[1].invoke = f.slots_at; },
     "sample.cwm: provide record at 0x30a0 (sample.fill): invoke is 0x33a0, which is no "
     "instruction in executable text"},
    {"remote_stub_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 7); },
     "sample.cwm: provide record at 0x3050 (sample.add): remote_stub at 0x3098 is not relocated"},
    {"remote_stub_in_data",
     [](ModuleFile& f) { f.provides[0].remote_stub = f.grants_at; },
     "sample.cwm: provide record at 0x3050 (sample.add): remote_stub is 0x4000, which is no "
     "instruction in executable text"},
    {"remote_stub_in_other_text",
     [](ModuleFile& f) { f.provides[0].remote_stub = f.text_at; },
     "sample.cwm: provide record at 0x3050 (sample.add): remote_stub is 0x1000, which is not in "
     "the remote text"},
    {"remote_stub_without_remote_text",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRemoteMark].memory_bytes = 0; },
     "sample.cwm: provide record at 0x3050 (sample.add): remote_stub is 0x2000, which is not in "
     "the remote text"},
    {"remote_stub_odd",
     [](ModuleFile& f) { f.provides[0].remote_stub += 1; },
     "sample.cwm: provide record at 0x3050 (sample.add): remote_stub is 0x2001, which is no "
     "instruction in executable text"},
};

} // namespace

std::span<const MalformedCase> malformed_provide_records() {
    return kCases;
}

} // namespace cw::loader::test
