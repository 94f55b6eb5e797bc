// The program headers: which kinds a module file may have, and how often.
#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {

bool ImageReader::read_program_headers() noexcept {
    const std::uint64_t count = header_.program_header_count;
    if (header_.program_header_bytes != sizeof(elf::ProgramHeader))
        return fail("has program headers of {} bytes, not 56", {header_.program_header_bytes});
    if (count == 0 || count > kMaxProgramHeaders)
        return fail("has {} program headers, not 1 to {}", {count, kMaxProgramHeaders});
    if (!within(
            header_.program_header_offset, count * sizeof(elf::ProgramHeader), image_.file_.size()))
        return fail("has its {} program headers at offset {}, beyond the end of the file",
                    {count, Hex{header_.program_header_offset}});

    for (std::size_t index = 0; index < count; ++index) {
        if (!read_program_header(index))
            return false;
    }
    if (image_.load_count_ == 0)
        return fail("has no load segment");
    if (dynamic_.type == elf::kPtNull)
        return fail("has no PT_DYNAMIC");
    if (records_.type == elf::kPtNull)
        return fail("has no record segment: it is not a module");
    return apply_relro() && mark_remote_text() && check_in_place(dynamic_, "PT_DYNAMIC") &&
           check_in_place(records_, "the record segment") && take_frames();
}

bool ImageReader::read_program_header(std::size_t index) noexcept {
    const auto header = read_unaligned<elf::ProgramHeader>(
        image_.file_.data() + header_.program_header_offset + index * sizeof(elf::ProgramHeader));
    switch (header.type) {
    case elf::kPtLoad:
        return add_load(index, header);
    case elf::kPtDynamic:
        return keep_once(dynamic_, header, "PT_DYNAMIC");
    case elf::kPtGnuRelro:
        return keep_once(relro_, header, "PT_GNU_RELRO");
    case abi::kPtRecords:
        return keep_once(records_, header, "record segment");
    case abi::kPtRemoteText:
        return keep_once(remote_text_, header, "remote text segment");
    case abi::kPtFrames:
        return keep_once(frames_, header, "frame segment");
    case elf::kPtGnuStack:
        if ((header.flags & elf::kExecutable) != 0)
            return fail("asks for an executable stack");
        return true;
    case elf::kPtTls:
        return fail("has thread-local storage (PT_TLS), which a module cannot have");
    case elf::kPtInterp:
        return fail("asks for an interpreter (PT_INTERP)");
    case elf::kPtNull:
    case elf::kPtPhdr:
    case elf::kPtNote:
    case elf::kPtGnuEhFrame:
    case elf::kPtGnuProperty:
    case elf::kPtRiscvAttributes:
        return true; // Of use to others only; not even looked at.
    default:
        return fail("program header {} has the unknown type {}", {index, Hex{header.type}});
    }
}

bool ImageReader::keep_once(elf::ProgramHeader& kept,
                            const elf::ProgramHeader& header,
                            const char* what) noexcept {
    if (kept.type != elf::kPtNull)
        return fail("has more than one {}", {what});
    kept = header;
    return true;
}

bool ImageReader::take_frames() noexcept {
    if (frames_.memory_bytes == 0 && frames_.file_bytes == 0)
        return true; // of what it could have, the linker script found nothing
    if (!check_in_place(frames_, "the frame segment"))
        return false;
    if (backed_load(image_.loads(), frames_.address, frames_.file_bytes)->private_copy)
        return fail("the frame segment at {} lies in a load that is written to",
                    {Hex{frames_.address}});
    image_.frames_ = {.bytes = {bytes_at(frames_.address, frames_.file_bytes), frames_.file_bytes},
                      .address = frames_.address,
                      .machine = machine_};
    return true;
}

/// The segment lies in a load, and file offset and address name the same bytes of it.
bool ImageReader::check_in_place(const elf::ProgramHeader& header, const char* what) noexcept {
    if (header.memory_bytes != header.file_bytes)
        return fail("{} has {} bytes in memory but {} in the file",
                    {what, header.memory_bytes, header.file_bytes});
    if (header.address % alignof(std::uint64_t) != 0)
        return fail("{} is at {}, which is not 8-byte aligned", {what, Hex{header.address}});
    const std::byte* const bytes = bytes_at(header.address, header.file_bytes);
    if (bytes == nullptr)
        return fail("{} at {} ({} bytes) does not lie in the file contents of a load",
                    {what, Hex{header.address}, header.file_bytes});
    const auto offset = static_cast<std::uint64_t>(bytes - image_.file_.data());
    if (offset != header.offset)
        return fail("{} is said to be at file offset {}, but its load puts it at {}",
                    {what, Hex{header.offset}, Hex{offset}});
    return true;
}

} // namespace cw::loader
