// Pointer fields of records: relocated, and pointing to what their field is for.
#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {

bool ImageReader::check_relocated(const Pointer& pointer) noexcept {
    if (pointer.target == 0)
        return fail_record("{} is missing", {pointer.field});
    if (!is_relocated(pointer.place))
        return fail_record("{} at {} is not relocated", {pointer.field, Hex{pointer.place}});
    return true;
}

/// On success `text` is the string without its NUL, in read-only bytes of the file that are not
/// relocated.
bool ImageReader::check_text(const Pointer& pointer,
                             std::size_t limit,
                             std::string_view& text) noexcept {
    if (!check_relocated(pointer))
        return false;
    const Load* const load = backed_load(image_.loads(), pointer.target, 1);
    if (load == nullptr || load->private_copy)
        return fail_record("{} is at {}, which is not in read-only data",
                           {pointer.field, Hex{pointer.target}});
    const std::uint64_t available = load->file_bytes - (pointer.target - load->address);
    const auto* const first = reinterpret_cast<const char*>(bytes_at(pointer.target, 1));
    const std::string_view window = cut({first, available}, limit + 1);
    const std::size_t end = window.find('\0');
    if (end == std::string_view::npos)
        return fail_record("{} at {} does not end within {} bytes",
                           {pointer.field, Hex{pointer.target}, window.size()});
    text = window.substr(0, end);
    for (const char c : text) {
        if (c < ' ' || c > '~')
            return fail_record(
                "{} '{}' has the byte {}, which is not printable",
                {pointer.field, cut(text, abi::kMaxNameBytes), Hex{static_cast<unsigned char>(c)}});
    }
    return true;
}

/// The executable load whose instructions include the one at `address`, or null.
const Load* ImageReader::function_load(std::uint64_t address) const noexcept {
    // RISC-V: with the C extension instructions are 2-byte aligned, and a jump ignores bit 0.
    if (machine_ == elf::kMachineRiscv && address % 2 != 0)
        return nullptr;
    const Load* const load = backed_load(image_.loads(), address, 1);
    return load != nullptr && load->rights == Rights::read_execute ? load : nullptr;
}

bool ImageReader::check_function(const Pointer& pointer) noexcept {
    if (!check_relocated(pointer))
        return false;
    if (function_load(pointer.target) == nullptr)
        return fail_record("{} is {}, which is no instruction in executable text",
                           {pointer.field, Hex{pointer.target}});
    return true;
}

bool ImageReader::check_remote_function(const Pointer& pointer) noexcept {
    if (!check_function(pointer))
        return false;
    if (!function_load(pointer.target)->remote_text)
        return fail_record("{} is {}, which is not in the remote text",
                           {pointer.field, Hex{pointer.target}});
    return true;
}

bool ImageReader::check_memory(const Pointer& pointer,
                               std::uint64_t bytes,
                               std::uint64_t alignment,
                               Memory memory) noexcept {
    if (!check_relocated(pointer))
        return false;
    if (pointer.target % alignment != 0)
        return fail_record("{} is at {}, which is not {}-byte aligned",
                           {pointer.field, Hex{pointer.target}, alignment});
    for (std::size_t i = 0; i < image_.load_count_; ++i) {
        const Load& load = image_.loads_[i];
        const bool suitable =
            memory == Memory::writable ? load.rights == Rights::read_write : load.private_copy;
        if (suitable && pointer.target >= load.address &&
            within(pointer.target - load.address, bytes, exact_bytes_[i]))
            return true;
    }
    return fail_record("{} ({} bytes at {}) is not in {} memory",
                       {pointer.field,
                        bytes,
                        Hex{pointer.target},
                        memory == Memory::writable ? "writable" : "writable or relocated"});
}

} // namespace cw::loader
