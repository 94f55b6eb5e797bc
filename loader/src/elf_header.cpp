// The file header: is this a shared object for this machine at all, and do its flags agree with the
// module record?
#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {

bool ImageReader::read_file_header() noexcept {
    if (machine_ != elf::kMachineRiscv && machine_ != elf::kMachineX86_64)
        return fail("this loader knows no relocations of machine {}", {machine_});
    if (image_.file_.size() < sizeof(elf::FileHeader))
        return fail("is {} bytes long, too short for an ELF header", {image_.file_.size()});
    header_ = read_unaligned<elf::FileHeader>(image_.file_.data());

    const std::uint8_t* const ident = header_.ident;
    if (__builtin_memcmp(ident, elf::kMagic, sizeof(elf::kMagic)) != 0)
        return fail("is not an ELF file");
    if (ident[elf::kIdentClass] != elf::kClass64)
        return fail("has ELF class {}, not 64-bit (2)", {ident[elf::kIdentClass]});
    if (ident[elf::kIdentData] != elf::kLittleEndian)
        return fail("has data encoding {}, not little-endian (1)", {ident[elf::kIdentData]});
    if (ident[elf::kIdentVersion] != elf::kVersionCurrent)
        return fail("has ELF identification version {}, not 1", {ident[elf::kIdentVersion]});
    if (ident[elf::kIdentOsAbi] != 0 || ident[elf::kIdentAbiVersion] != 0)
        return fail("has OS ABI {} version {}, not 0 version 0",
                    {ident[elf::kIdentOsAbi], ident[elf::kIdentAbiVersion]});
    if (header_.type != elf::kTypeDynamic)
        return fail("has ELF type {}, not shared object (3)", {header_.type});
    if (header_.machine != machine_)
        return fail("is for machine {}, not {}", {header_.machine, machine_});
    if (header_.version != elf::kVersionCurrent)
        return fail("has ELF version {}, not 1", {header_.version});
    if (header_.header_bytes != sizeof(elf::FileHeader))
        return fail("has an ELF header of {} bytes, not 64", {header_.header_bytes});
    return true;
}

bool ImageReader::check_file_flags() noexcept {
    const std::uint32_t flags = header_.flags;
    if (machine_ == elf::kMachineX86_64)
        return flags == 0 || fail("has file header flags {}, not 0", {Hex{flags}});

    if ((flags & ~(elf::kRiscvCompressed | elf::kRiscvFloatAbiMask)) != 0)
        return fail("has file header flags {}: only RVC and a float ABI are known", {Hex{flags}});
    const bool floating_point = (image_.module_.flags & abi::kModuleFloatingPoint) != 0;
    const std::uint32_t expected =
        floating_point ? elf::kRiscvFloatAbiDouble : elf::kRiscvFloatAbiSoft;
    constexpr const char* kFloatAbis[] = {"soft", "single", "double", "quad"};
    const std::uint32_t float_abi = flags & elf::kRiscvFloatAbiMask;
    if (float_abi != expected)
        return fail("is built for the {} float ABI, but its module record says {} floating point",
                    {kFloatAbis[float_abi >> 1], floating_point ? "it uses" : "it uses no"});
    return true;
}

} // namespace cw::loader
