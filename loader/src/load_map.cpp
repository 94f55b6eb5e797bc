#include "load_map.hpp"

namespace cw::loader {

const Load*
backed_load(std::span<const Load> loads, std::uint64_t address, std::uint64_t bytes) noexcept {
    for (const Load& load : loads) {
        if (address >= load.address && within(address - load.address, bytes, load.file_bytes))
            return &load;
    }
    return nullptr;
}

const std::byte* file_bytes_at(std::span<const std::byte> file,
                               std::span<const Load> loads,
                               std::uint64_t address,
                               std::uint64_t bytes) noexcept {
    const Load* const load = backed_load(loads, address, bytes);
    if (load == nullptr)
        return nullptr;
    return file.data() + load->file_offset + (address - load->address);
}

} // namespace cw::loader
