// Require records.
#include <string>

#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

/// Gives the record a signature and the hash that belongs to it.
void set_signature(ModuleFile& f, abi::RequireRecord& record, const std::string& text) {
    record.signature = f.add_string(text);
    record.hash = abi::signature_hash(text.data(), text.size());
}

constexpr MalformedCase kCases[] = {
    {"require_name_missing",
     [](ModuleFile& f) { f.requires_[0].name = 0; },
     "sample.cwm: require record at 0x30f0: name is missing"},
    {"require_name_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 12); },
     "sample.cwm: require record at 0x30f0: name at 0x3100 is not relocated"},
    {"require_name_in_writable_data",
     [](ModuleFile& f) { f.requires_[0].name = f.grants_at; },
     "sample.cwm: require record at 0x30f0: name is at 0x4000, which is not in read-only data"},
    {"require_name_without_dot",
     [](ModuleFile& f) { f.requires_[0].name = f.add_string("log"); },
     "sample.cwm: require record at 0x30f0: name 'log' is not of the form service.method"},
    {"require_name_with_slash",
     [](ModuleFile& f) { f.requires_[0].name = f.add_string("log.put/2"); },
     "sample.cwm: require record at 0x30f0: name 'log.put/2' is not of the form service.method"},
    {"require_name_of_64_bytes",
     [](ModuleFile& f) { f.requires_[0].name = f.add_string(std::string(62, 's') + ".m"); },
     "sample.cwm: require record at 0x30f0: name at 0x995 does not end within 64 bytes"},
    {"require_signature_missing",
     [](ModuleFile& f) { f.requires_[1].signature = 0; },
     "sample.cwm: require record at 0x3130 (clock.now): signature is missing"},
    {"require_signature_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 13); },
     "sample.cwm: require record at 0x30f0 (log.put): signature at 0x3108 is not relocated"},
    {"require_signature_of_other_method",
     [](ModuleFile& f) { set_signature(f, f.requires_[0], "clock.now()->()"); },
     "sample.cwm: require record at 0x30f0 (log.put): the signature does not begin with the name "
     "and '(': clock.now()->()"},
    {"require_signature_not_printable",
     [](ModuleFile& f) { set_signature(f, f.requires_[0], "log.put(\x01)->()"); },
     "sample.cwm: require record at 0x30f0 (log.put): signature 'log.put(?)->()' has the byte 0x1, "
     "which is not printable"},
    {"require_signature_in_writable_data",
     [](ModuleFile& f) { f.requires_[0].signature = f.grants_at; },
     "sample.cwm: require record at 0x30f0 (log.put): signature is at 0x4000, which is not in "
     "read-only data"},
    {"require_hash_zero",
     [](ModuleFile& f) { f.requires_[0].hash = 0; },
     "sample.cwm: require record at 0x30f0 (log.put): has hash 0x0, but its signature has "
     "0x1cccb7478758d5b9"},
    {"require_flag_queued_only",
     [](ModuleFile& f) { f.requires_[0].flags = abi::kMethodQueuedOnly; },
     "sample.cwm: require record at 0x30f0 (log.put): has flags 0x4, not all of which a require "
     "record may have"},
    {"require_flag_unknown",
     [](ModuleFile& f) { f.requires_[0].flags = 0x80000000; },
     "sample.cwm: require record at 0x30f0 (log.put): has flags 0x80000000, not all of which a "
     "require record may have"},
    {"require_shape_of_7_argument_words",
     [](ModuleFile& f) { f.requires_[0].shape = shape(7, 0); },
     "sample.cwm: require record at 0x30f0 (log.put): has 7 argument and 0 reply words, more than "
     "6"},
    {"require_shape_of_7_reply_words",
     [](ModuleFile& f) { f.requires_[0].shape = shape(0, 7); },
     "sample.cwm: require record at 0x30f0 (log.put): has 0 argument and 7 reply words, more than "
     "6"},
    {"require_shape_buffer_beyond_words",
     [](ModuleFile& f) { f.requires_[0].shape = shape(1, 0, {0}); },
     "sample.cwm: require record at 0x30f0 (log.put): has buffer 0 at word 0, beyond its 1 "
     "argument words"},
    {"require_shape_buffers_overlap",
     [](ModuleFile& f) { f.requires_[0].shape = shape(6, 0, {4, 3}); },
     "sample.cwm: require record at 0x30f0 (log.put): has overlapping buffers at words 4 and 3"},
    {"require_shape_reserved",
     [](ModuleFile& f) { f.requires_[0].shape.reserved[0] = 0xff; },
     "sample.cwm: require record at 0x30f0 (log.put): has 0xff in a reserved field of its shape"},
    {"require_reserved",
     [](ModuleFile& f) { f.requires_[0].reserved = 1; },
     "sample.cwm: require record at 0x30f0 (log.put): has 0x1 in a reserved field"},
    {"slot_missing",
     [](ModuleFile& f) { f.requires_[0].slot = 0; },
     "sample.cwm: require record at 0x30f0 (log.put): slot is missing"},
    {"slot_not_relocated",
     [](ModuleFile& f) { f.relocations().erase(f.relocations().begin() + 14); },
     "sample.cwm: require record at 0x30f0 (log.put): slot at 0x3110 is not relocated"},
    {"slot_not_aligned",
     [](ModuleFile& f) { f.requires_[0].slot += 4; },
     "sample.cwm: require record at 0x30f0 (log.put): slot is at 0x33a4, which is not 8-byte "
     "aligned"},
    {"slot_in_text",
     [](ModuleFile& f) { f.requires_[0].slot = f.text_at; },
     "sample.cwm: require record at 0x30f0 (log.put): slot (16 bytes at 0x1000) is not in writable "
     "or relocated memory"},
    {"slot_in_remote_text",
     [](ModuleFile& f) { f.requires_[0].slot = f.remote_text_at; },
     "sample.cwm: require record at 0x30f0 (log.put): slot (16 bytes at 0x2000) is not in writable "
     "or relocated memory"},
    {"slot_in_read_only_data",
     [](ModuleFile& f) { f.requires_[0].slot = f.strings_at; },
     "sample.cwm: require record at 0x30f0 (log.put): slot (16 bytes at 0x900) is not in writable "
     "or relocated memory"},
    {"slot_at_the_end_of_relro",
     [](ModuleFile& f) { f.requires_[1].slot = f.slots_at + 24; },
     "sample.cwm: require record at 0x3130 (clock.now): slot (16 bytes at 0x33b8) is not in "
     "writable or relocated memory"},
    {"slot_at_the_end_of_memory",
     [](ModuleFile& f) { f.requires_[1].slot = f.state_at + 120; },
     "sample.cwm: require record at 0x3130 (clock.now): slot (16 bytes at 0x40b8) is not in "
     "writable or relocated memory"},
    {"slot_in_rest_of_page",
     [](ModuleFile& f) { f.requires_[1].slot = f.state_at + 0x800; },
     "sample.cwm: require record at 0x3130 (clock.now): slot (16 bytes at 0x4840) is not in "
     "writable or relocated memory"},
};

} // namespace

std::span<const MalformedCase> malformed_require_records() {
    return kCases;
}

} // namespace cw::loader::test
