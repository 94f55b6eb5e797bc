#include "image_reader.hpp"

#include "load_map.hpp"

namespace cw::loader {

std::expected<void, Message> ImageReader::read() noexcept {
    const bool good = read_file_header() && read_program_headers() && read_dynamic() &&
                      read_relocations() && read_init_array() && read_records() &&
                      check_conflicts() && check_file_flags();
    if (!good)
        return std::unexpected{message_};
    return {};
}

bool ImageReader::fail(std::string_view pattern, std::initializer_list<Filler> fillers) noexcept {
    const Message reason = complaint(pattern, fillers);
    message_ = complaint("{}: {}", {cut(file_name_, kMaxFileNameShown), reason.view()});
    return false;
}

bool ImageReader::fail_record(std::string_view pattern,
                              std::initializer_list<Filler> fillers) noexcept {
    const Message reason = complaint(pattern, fillers);
    if (record_name_.empty())
        return fail("{} record at {}: {}", {record_kind_, Hex{record_address_}, reason.view()});
    return fail("{} record at {} ({}): {}",
                {record_kind_, Hex{record_address_}, record_name_, reason.view()});
}

const std::byte* ImageReader::bytes_at(std::uint64_t address, std::uint64_t bytes) const noexcept {
    return file_bytes_at(image_.file_, image_.loads(), address, bytes);
}

} // namespace cw::loader
