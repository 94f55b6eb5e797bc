// The load segments: pages with one set of rights each, and the two marks (relro, remote text) that
// refine them.
#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {

bool ImageReader::add_load(std::size_t index, const elf::ProgramHeader& header) noexcept {
    if (header.memory_bytes == 0 && header.file_bytes == 0)
        return true; // A linker script names segments that a small module leaves empty.

    const std::uint32_t flags = header.flags;
    if ((flags & ~(elf::kReadable | elf::kWritable | elf::kExecutable)) != 0)
        return fail("load {} has the unknown flags {}", {index, Hex{flags}});
    if ((flags & elf::kWritable) != 0 && (flags & elf::kExecutable) != 0)
        return fail("load {} is both writable and executable", {index});
    if ((flags & elf::kReadable) == 0)
        return fail("load {} is not readable", {index});
    if (header.alignment != abi::kPageSize)
        return fail("load {} has alignment {}, not 4096", {index, header.alignment});
    if (header.address % abi::kPageSize != 0)
        return fail("load {} is at {}, which is not page aligned", {index, Hex{header.address}});
    if (header.offset % abi::kPageSize != 0)
        return fail("load {} is at file offset {}, which is not page aligned",
                    {index, Hex{header.offset}});
    if (header.file_bytes > header.memory_bytes)
        return fail("load {} has {} bytes in the file but only {} in memory",
                    {index, header.file_bytes, header.memory_bytes});
    // Without contents the offset says nothing: a stripped file may end in front of it.
    const std::uint64_t offset = header.file_bytes != 0 ? header.offset : 0;
    if (!within(offset, header.file_bytes, image_.file_.size()))
        return fail("load {} ({} bytes at file offset {}) reaches beyond the end of the file",
                    {index, header.file_bytes, Hex{header.offset}});
    if (!within(header.address, header.memory_bytes, kMaxImageBytes))
        return fail("load {} ({} bytes at {}) reaches beyond {} MiB, the most an image can span",
                    {index, header.memory_bytes, Hex{header.address}, kMaxImageBytes >> 20});
    const bool writable = (flags & elf::kWritable) != 0;
    if (!writable && header.file_bytes != header.memory_bytes)
        return fail("load {} is not writable, yet {} of its bytes are not in the file",
                    {index, header.memory_bytes - header.file_bytes});
    if (header.address < image_.span_bytes_)
        return fail("load {} at {} begins before the load in front of it ends ({})",
                    {index, Hex{header.address}, Hex{image_.span_bytes_}});
    if (image_.load_count_ == kMaxLoads)
        return fail("has more than {} loads", {kMaxLoads});

    const bool executable = (flags & elf::kExecutable) != 0;
    exact_bytes_[image_.load_count_] = header.memory_bytes;
    image_.loads_[image_.load_count_++] = Load{
        .address = header.address,
        .memory_bytes = round_up_to_page(header.memory_bytes),
        .file_offset = offset,
        .file_bytes = header.file_bytes,
        .rights = executable ? Rights::read_execute
                  : writable ? Rights::read_write
                             : Rights::read,
        .private_copy = writable,
    };
    image_.span_bytes_ = header.address + round_up_to_page(header.memory_bytes);
    return true;
}

bool ImageReader::apply_relro() noexcept {
    if (relro_.memory_bytes == 0)
        return true;
    if (!within(relro_.address, relro_.memory_bytes, image_.span_bytes_))
        return fail("PT_GNU_RELRO ({} bytes at {}) does not lie in the image",
                    {relro_.memory_bytes, Hex{relro_.address}});
    const std::uint64_t begin = relro_.address;
    const std::uint64_t end = round_up_to_page(begin + relro_.memory_bytes);

    bool covers_any = false;
    for (std::size_t i = 0; i < image_.load_count_; ++i) {
        Load& load = image_.loads_[i];
        const std::uint64_t load_end = load.address + load.memory_bytes;
        if (end <= load.address || begin >= load_end)
            continue;
        if (begin > load.address || end < load_end)
            return fail("PT_GNU_RELRO ({} to {}) covers only part of the load at {}",
                        {Hex{begin}, Hex{end}, Hex{load.address}});
        if (load.rights != Rights::read_write)
            return fail("PT_GNU_RELRO covers the load at {}, which is not writable",
                        {Hex{load.address}});
        load.rights = Rights::read;
        covers_any = true;
    }
    return covers_any || fail("PT_GNU_RELRO at {} covers no load", {Hex{begin}});
}

bool ImageReader::mark_remote_text() noexcept {
    if (remote_text_.memory_bytes == 0)
        return true;
    for (std::size_t i = 0; i < image_.load_count_; ++i) {
        Load& load = image_.loads_[i];
        if (load.rights == Rights::read_execute && load.address == remote_text_.address &&
            exact_bytes_[i] == remote_text_.memory_bytes) {
            load.remote_text = true;
            return true;
        }
    }
    return fail("the remote text segment ({} bytes at {}) is not exactly one executable load",
                {remote_text_.memory_bytes, Hex{remote_text_.address}});
}

} // namespace cw::loader
