#include <cw/loader/elf.hpp>
#include <cw/loader/image.hpp>

#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {

std::expected<void, Message> Image::read(std::span<const std::byte> file,
                                         std::string_view file_name,
                                         std::uint16_t machine) noexcept {
    clear();
    file_ = file;
    return ImageReader{*this, file_name, machine}.read();
}

/// Member by member: a temporary Image would take 17 KiB of a kernel stack.
void Image::clear() noexcept {
    file_ = {};
    name_ = {};
    load_count_ = 0;
    span_bytes_ = 0;
    rela_address_ = 0;
    relocation_count_ = 0;
    init_address_ = 0;
    init_count_ = 0;
    module_ = {};
    provide_count_ = 0;
    require_count_ = 0;
    device_count_ = 0;
    publish_count_ = 0;
    read_count_ = 0;
    frames_ = {};
    addresses_are_pointers_ = false;
}

std::uint64_t Image::constant_bytes() const noexcept {
    std::uint64_t end = 0;
    bool relro = false;
    for (const Load& load : loads()) {
        if (load.rights == Rights::read_write) {
            end = end == 0 ? load.address : end;
            continue;
        }
        if (end != 0)
            return 0;
        relro = relro || load.private_copy;
    }
    if (!relro)
        return 0;
    return end != 0 ? end : span_bytes_;
}

std::string_view Image::text(abi::ImageAddress address) const noexcept {
    if (addresses_are_pointers_)
        return reinterpret_cast<const char*>(address);
    const Load* const load = backed_load(loads(), address, 1);
    if (load == nullptr || load->private_copy)
        return {};
    const std::uint64_t offset = address - load->address;
    const std::byte* const bytes = file_.data() + load->file_offset + offset;
    const std::uint64_t available = load->file_bytes - offset;
    for (std::size_t size = 0; size < available && size <= abi::kMaxSignatureBytes; ++size) {
        if (bytes[size] == std::byte{0})
            return {reinterpret_cast<const char*>(bytes), size};
    }
    return {};
}

Relocation Image::relocation(std::size_t index) const noexcept {
    if (index >= relocation_count_)
        return {};
    const std::byte* const entry =
        file_bytes_at(file_, loads(), rela_address_ + index * sizeof(elf::Rela), sizeof(elf::Rela));
    if (entry == nullptr)
        return {};
    const auto rela = read_unaligned<elf::Rela>(entry);
    return {.address = rela.place, .addend = rela.addend};
}

std::uint64_t Image::init_function(std::size_t index) const noexcept {
    if (index >= init_count_)
        return 0;
    const std::byte* const entry = file_bytes_at(
        file_, loads(), init_address_ + index * sizeof(std::uint64_t), sizeof(std::uint64_t));
    return entry != nullptr ? read_unaligned<std::uint64_t>(entry) : 0;
}

} // namespace cw::loader
