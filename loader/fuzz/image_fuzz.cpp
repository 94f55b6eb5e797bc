// Fuzzes Image::read with whole files; packed.hpp says how they are packed.
#include <cstdint>
#include <cw/loader/elf.hpp>
#include <span>

#include "packed.hpp"
#include "try_image.hpp"

namespace {

using namespace cw::loader;

/// The reader expects the machine that the file claims if it knows it, so that both are explored.
std::uint16_t machine_for(std::span<const std::byte> file) {
    constexpr std::size_t kMachineAt = offsetof(elf::FileHeader, machine);
    const bool x86_64 =
        file.size() > kMachineAt && file[kMachineAt] == std::byte{elf::kMachineX86_64};
    return x86_64 ? elf::kMachineX86_64 : elf::kMachineRiscv;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = fuzz::unpack({reinterpret_cast<const std::byte*>(data), size});
    fuzz::try_image(file, machine_for(file));
    return 0;
}
