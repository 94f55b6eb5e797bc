// Load segments with impossible rights, places or sizes, and marks that do not fit them.
#include <utility>

#include "malformed_cases.hpp"

namespace cw::loader::test {
namespace {

constexpr MalformedCase kCases[] = {
    {"load_flags_unknown",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].flags = 0xd; },
     "sample.cwm: load 1 has the unknown flags 0xd"},
    {"load_writable_and_executable",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].flags = 7; },
     "sample.cwm: load 1 is both writable and executable"},
    {"load_without_rights",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].flags = 0; },
     "sample.cwm: load 1 is not readable"},
    {"load_write_only",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kData].flags = 2; },
     "sample.cwm: load 4 is not readable"},
    {"load_execute_only",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].flags = 1; },
     "sample.cwm: load 1 is not readable"},
    {"load_alignment_zero",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].alignment = 0; },
     "sample.cwm: load 1 has alignment 0, not 4096"},
    {"load_alignment_small",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].alignment = 16; },
     "sample.cwm: load 1 has alignment 16, not 4096"},
    {"load_alignment_large",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].alignment = 0x10000; },
     "sample.cwm: load 1 has alignment 65536, not 4096"},
    {"load_address_not_aligned",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].address = 0x1010; },
     "sample.cwm: load 1 is at 0x1010, which is not page aligned"},
    {"load_offset_not_aligned",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].offset = 0x1010; },
     "sample.cwm: load 1 is at file offset 0x1010, which is not page aligned"},
    {"load_address_and_offset_not_aligned",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kData].address += 8;
         f.program_headers[ModuleFile::kData].offset += 8;
     },
     "sample.cwm: load 4 is at 0x4008, which is not page aligned"},
    {"load_file_larger_than_memory",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].memory_bytes = 0x3ff; },
     "sample.cwm: load 1 has 1024 bytes in the file but only 1023 in memory"},
    {"load_with_file_but_no_memory",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].memory_bytes = 0; },
     "sample.cwm: load 1 has 1024 bytes in the file but only 0 in memory"},
    {"load_offset_beyond_file",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].offset = 0x100000; },
     "sample.cwm: load 1 (1024 bytes at file offset 0x100000) reaches beyond the end of the file"},
    {"load_offset_overflows",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].offset = ~std::uint64_t{0xfff}; },
     "sample.cwm: load 1 (1024 bytes at file offset 0xfffffffffffff000) reaches beyond the end of "
     "the file"},
    {"load_size_beyond_file",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kText].file_bytes = 0x3041;
         f.program_headers[ModuleFile::kText].memory_bytes = 0x3041;
     },
     "sample.cwm: load 1 (12353 bytes at file offset 0x1000) reaches beyond the end of the file"},
    {"load_size_overflows",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kText].file_bytes = ~std::uint64_t{0};
         f.program_headers[ModuleFile::kText].memory_bytes = ~std::uint64_t{0};
     },
     "sample.cwm: load 1 (18446744073709551615 bytes at file offset 0x1000) reaches beyond the end "
     "of the file"},
    {"load_address_too_high",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kData].address = std::uint64_t{64} << 20; },
     "sample.cwm: load 4 (192 bytes at 0x4000000) reaches beyond 64 MiB, the most an image can "
     "span"},
    {"load_address_overflows",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kData].address = ~std::uint64_t{0xfff}; },
     "sample.cwm: load 4 (192 bytes at 0xfffffffffffff000) reaches beyond 64 MiB, the most an "
     "image can span"},
    {"load_memory_too_large",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kData].memory_bytes = (std::uint64_t{64} << 20) - 0x3fff;
     },
     "sample.cwm: load 4 (67092481 bytes at 0x4000) reaches beyond 64 MiB, the most an image can "
     "span"},
    {"load_memory_overflows",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kData].memory_bytes = ~std::uint64_t{0}; },
     "sample.cwm: load 4 (18446744073709551615 bytes at 0x4000) reaches beyond 64 MiB, the most an "
     "image can span"},
    {"load_read_only_with_zeroed_memory",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kHeaders].file_bytes = 0xfff; },
     "sample.cwm: load 0 is not writable, yet 1 of its bytes are not in the file"},
    {"load_text_with_zeroed_memory",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].memory_bytes = 0x1000; },
     "sample.cwm: load 1 is not writable, yet 3072 of its bytes are not in the file"},
    {"load_text_without_contents",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kText].file_bytes = 0; },
     "sample.cwm: load 1 is not writable, yet 1024 of its bytes are not in the file"},
    {"load_at_the_address_of_another",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRemote].address = 0x1000; },
     "sample.cwm: load 2 at 0x1000 begins before the load in front of it ends (0x2000)"},
    {"load_descending",
     [](ModuleFile& f) {
         std::swap(f.program_headers[ModuleFile::kText], f.program_headers[ModuleFile::kRemote]);
     },
     "sample.cwm: load 2 at 0x1000 begins before the load in front of it ends (0x3000)"},
    {"load_overlaps_pages_of_another",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kHeaders].file_bytes = 0x1001;
         f.program_headers[ModuleFile::kHeaders].memory_bytes = 0x1001;
     },
     "sample.cwm: load 1 at 0x1000 begins before the load in front of it ends (0x2000)"},
    {"load_overlaps_zeroed_memory",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRelro].memory_bytes = 0x1001; },
     "sample.cwm: load 4 at 0x4000 begins before the load in front of it ends (0x5000)"},
    {"too_many_loads",
     [](ModuleFile& f) {
         for (std::uint64_t i = 0; i < 4; ++i)
             f.program_headers.push_back({.type = elf::kPtLoad,
                                          .flags = 6,
                                          .offset = 0,
                                          .address = 0x10000 + 0x1000 * i,
                                          .physical_address = 0,
                                          .file_bytes = 0,
                                          .memory_bytes = 1,
                                          .alignment = 4096});
         f.header.program_header_count = 14;
     },
     "sample.cwm: has more than 8 loads"},
    {"file_ends_in_last_load",
     [](ModuleFile& f) { f.resize(16447); },
     "sample.cwm: load 4 (64 bytes at file offset 0x4000) reaches beyond the end of the file"},
    {"file_ends_in_first_load",
     [](ModuleFile& f) { f.resize(0x700); },
     "sample.cwm: load 0 (4096 bytes at file offset 0x0) reaches beyond the end of the file"},
    {"relro_begins_within_a_load",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kMark].address = 0x3008; },
     "sample.cwm: PT_GNU_RELRO (0x3008 to 0x5000) covers only part of the load at 0x3000"},
    {"relro_ends_within_a_load",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRelro].memory_bytes = 0x1001;
         f.program_headers[ModuleFile::kData].address = 0x5000;
     },
     "sample.cwm: PT_GNU_RELRO (0x3000 to 0x4000) covers only part of the load at 0x3000"},
    {"relro_reaches_into_the_next_load",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kMark].memory_bytes = 0x1001;
         f.program_headers[ModuleFile::kData].memory_bytes = 0x2000;
     },
     "sample.cwm: PT_GNU_RELRO (0x3000 to 0x5000) covers only part of the load at 0x4000"},
    {"relro_covers_text",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kMark].address = 0x2000;
         f.program_headers[ModuleFile::kMark].memory_bytes = 0x2000;
     },
     "sample.cwm: PT_GNU_RELRO covers the load at 0x2000, which is not writable"},
    {"relro_covers_read_only_data",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kMark].address = 0; },
     "sample.cwm: PT_GNU_RELRO covers the load at 0x0, which is not writable"},
    {"relro_covers_nothing",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kData].address = 0x6000;
         f.program_headers[ModuleFile::kMark].address = 0x5000;
     },
     "sample.cwm: PT_GNU_RELRO at 0x5000 covers no load"},
    {"relro_beyond_the_image",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kMark].address = 0x5000; },
     "sample.cwm: PT_GNU_RELRO (4096 bytes at 0x5000) does not lie in the image"},
    {"relro_address_overflows",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kMark].address = ~std::uint64_t{0xfff}; },
     "sample.cwm: PT_GNU_RELRO (4096 bytes at 0xfffffffffffff000) does not lie in the image"},
    {"relro_size_overflows",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kMark].memory_bytes = ~std::uint64_t{0}; },
     "sample.cwm: PT_GNU_RELRO (18446744073709551615 bytes at 0x3000) does not lie in the image"},
    {"remote_mark_on_data",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRemoteMark].address = 0x4000; },
     "sample.cwm: the remote text segment (512 bytes at 0x4000) is not exactly one executable "
     "load"},
    {"remote_mark_on_read_only_data",
     [](ModuleFile& f) {
         f.program_headers[ModuleFile::kRemoteMark].address = 0;
         f.program_headers[ModuleFile::kRemoteMark].memory_bytes = 0x1000;
     },
     "sample.cwm: the remote text segment (4096 bytes at 0x0) is not exactly one executable load"},
    {"remote_mark_smaller_than_its_load",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRemoteMark].memory_bytes = 0x1ff; },
     "sample.cwm: the remote text segment (511 bytes at 0x2000) is not exactly one executable "
     "load"},
    {"remote_mark_larger_than_its_load",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRemoteMark].memory_bytes = 0x1000; },
     "sample.cwm: the remote text segment (4096 bytes at 0x2000) is not exactly one executable "
     "load"},
    {"remote_mark_within_text",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRemoteMark].address = 0x1200; },
     "sample.cwm: the remote text segment (512 bytes at 0x1200) is not exactly one executable "
     "load"},
    {"remote_mark_overflows",
     [](ModuleFile& f) { f.program_headers[ModuleFile::kRemoteMark].address = ~std::uint64_t{0}; },
     "sample.cwm: the remote text segment (512 bytes at 0xffffffffffffffff) is not exactly one "
     "executable load"},
};

} // namespace

std::span<const MalformedCase> malformed_loads() {
    return kCases;
}

} // namespace cw::loader::test
