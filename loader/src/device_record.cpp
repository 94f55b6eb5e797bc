// Device records: which device, and where the grant for it is to be written.
#include "image_reader.hpp"

namespace cw::loader {

bool ImageReader::check(const abi::DeviceRecord& record) noexcept {
    const auto at = [this](std::size_t field) { return record_address_ + field; };
    const Pointer compatible{
        "compatible", at(offsetof(abi::DeviceRecord, compatible)), record.compatible};
    std::string_view text;
    if (!check_text(compatible, abi::kMaxNameBytes, text))
        return false;
    if (text.empty())
        return fail_record("compatible is empty");
    record_name_ = text;
    const Pointer grant{"grant", at(offsetof(abi::DeviceRecord, grant)), record.grant};
    return check_memory(
        grant, sizeof(abi::DeviceGrant), alignof(abi::DeviceGrant), Memory::writable);
}

} // namespace cw::loader
