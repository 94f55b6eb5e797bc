// The module record: who the module is, what it was built for, what it asks for.
#include "image_reader.hpp"
#include "names.hpp"

namespace cw::loader {
namespace {

constexpr std::uint64_t kStateAlignment = 64;

} // namespace

bool ImageReader::check(const abi::ModuleRecord& record) noexcept {
    const auto at = [this](std::size_t field) { return record_address_ + field; };
    const Pointer name{"name", at(offsetof(abi::ModuleRecord, name)), record.name};
    if (!check_text(name, abi::kMaxNameBytes, image_.name_) || !check_module_name())
        return false;
    record_name_ = image_.name_;

    if ((record.flags & ~abi::kKnownModuleFlags) != 0)
        return fail_record("has the unknown flags {}", {Hex{record.flags}});
    switch (record.default_placement) {
    case abi::Placement::kernel:
    case abi::Placement::user_process:
    case abi::Placement::sync_caller:
        break;
    case abi::Placement::domain:
        return fail_record("has the default placement 'domain', which names no domain");
    default:
        return fail_record("has the unknown default placement {}",
                           {static_cast<std::uint32_t>(record.default_placement)});
    }
    if (record.heap_bytes > abi::kMaxHeapBytes)
        return fail_record("asks for a heap of {} bytes, more than {}",
                           {record.heap_bytes, abi::kMaxHeapBytes});
    if (record.stack_bytes > abi::kMaxStackBytes)
        return fail_record("asks for a stack of {} bytes, more than {}",
                           {record.stack_bytes, abi::kMaxStackBytes});
    if (record.frame_bytes > abi::kMaxFrameBytes)
        return fail_record("asks for {} bytes of coroutine frames, more than {}",
                           {record.frame_bytes, abi::kMaxFrameBytes});
    if (record.state_bytes == 0)
        return fail_record("has a module state of 0 bytes");

    const Pointer start{"start", at(offsetof(abi::ModuleRecord, start)), record.start};
    const Pointer state{"state", at(offsetof(abi::ModuleRecord, state)), record.state};
    return (record.start == 0 || check_function(start)) &&
           check_memory(state, record.state_bytes, kStateAlignment, Memory::writable);
}

/// The name has the form of one and is the file's: DIR/NAME.cwm, or anything that does not end in
/// ".cwm".
bool ImageReader::check_module_name() noexcept {
    if (!is_name(image_.name_))
        return fail_record("name '{}' is not made of a-z, 0-9 and '_'", {image_.name_});
    constexpr std::string_view kEnding = ".cwm";
    if (!file_name_.ends_with(kEnding))
        return true;
    std::string_view stem = file_name_.substr(0, file_name_.size() - kEnding.size());
    stem.remove_prefix(stem.rfind('/') + 1); // npos + 1 is 0.
    if (stem != image_.name_)
        return fail_record("name '{}' is not the name of the file", {image_.name_});
    return true;
}

} // namespace cw::loader
