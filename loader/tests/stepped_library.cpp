#include "stepped_library.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <cw/loader/elf.hpp>
#include <dlfcn.h>

namespace cw::loader::test {

namespace {

constexpr std::uint32_t kFrameHeader = 0x6474'e550; // PT_GNU_EH_FRAME

std::int32_t number_at(std::uint64_t address) {
    std::int32_t value = 0;
    std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof(value));
    return value;
}

} // namespace

SteppedLibrary::SteppedLibrary(const std::string& path) :
    library_{dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)} {
    if (library_ == nullptr)
        return;
    run_ = std::bit_cast<SteppedFunction>(dlsym(library_, "run"));
    if (run_ == nullptr)
        return;
    find_frames();
    find_functions();
}

SteppedLibrary::~SteppedLibrary() {
    if (library_ != nullptr)
        dlclose(library_);
}

bool SteppedLibrary::has(std::uint64_t pc) const {
    return std::ranges::any_of(functions_, [pc](const CodeRange& function) {
        return pc >= function.begin && pc < function.end;
    });
}

/// Source: LSB 5.0, 10.6.2 (.eh_frame_hdr): four bytes of format, then the distance to .eh_frame.
void SteppedLibrary::find_frames() {
    Dl_info place{};
    if (dladdr(std::bit_cast<const void*>(run_), &place) == 0)
        return;
    const auto base = reinterpret_cast<std::uint64_t>(place.dli_fbase);
    const auto* const file = static_cast<const elf::FileHeader*>(place.dli_fbase);
    const auto* const headers =
        reinterpret_cast<const elf::ProgramHeader*>(base + file->program_header_offset);
    for (std::uint16_t i = 0; i < file->program_header_count; ++i) {
        if (headers[i].type != kFrameHeader)
            continue;
        const std::uint64_t distance_at = base + headers[i].address + 4;
        frames_.address = distance_at + static_cast<std::uint64_t>(number_at(distance_at));
        frames_.machine = file->machine;
    }
}

/// The linker ends the table with a length of 0. Everything up to there is an entry as clang writes
/// it: length, distance to the common entry (0 in such a one), distance to the function, its size.
void SteppedLibrary::find_functions() {
    if (frames_.address == 0)
        return;
    std::uint64_t at = frames_.address;
    while (const std::int32_t length = number_at(at)) {
        if (number_at(at + 4) != 0) {
            const std::uint64_t begin = at + 8 + static_cast<std::uint64_t>(number_at(at + 8));
            functions_.push_back({begin, begin + static_cast<std::uint32_t>(number_at(at + 12))});
        }
        at += 4 + static_cast<std::uint32_t>(length);
    }
    for (const CodeRange& function : functions_) {
        code_.begin = code_.begin == 0 ? function.begin : std::min(code_.begin, function.begin);
        code_.end = std::max(code_.end, function.end);
    }
    frames_.bytes = {reinterpret_cast<const std::byte*>(frames_.address), at - frames_.address};
}

} // namespace cw::loader::test
