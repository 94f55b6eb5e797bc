// Writes module files into FOLDER/files: valid ones, and one for each way of being malformed. A
// list beside them says how the loader refuses each. The same as seeds of image_fuzz in
// FOLDER/image, and seeds of record_fuzz in FOLDER/record.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "malformed_cases.hpp"
#include "packed.hpp"
#include "record_module.hpp"

namespace {

namespace elf = cw::loader::elf;
namespace fuzz = cw::loader::fuzz;
using namespace cw::loader::test;

bool write(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
    std::ofstream out{path, std::ios::binary};
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    return out.good();
}

bool write_module(const std::filesystem::path& folder,
                  const std::string& name,
                  const ModuleFile& file) {
    const std::vector<std::byte> bytes = file.bytes(), packed = fuzz::pack(bytes);
    return fuzz::unpack(packed) == bytes && write(folder / "files" / name, bytes) &&
           write(folder / "image" / name, packed);
}

ModuleFile valid(std::uint16_t machine, std::uint32_t flags) {
    ModuleSpec spec = sample_spec();
    spec.machine = machine;
    spec.flags = flags;
    return ModuleFile{spec};
}

} // namespace

int main(int argument_count, char** arguments) {
    if (argument_count != 2) {
        std::fprintf(stderr, "usage: loader_corpus FOLDER\n");
        return 2;
    }
    const std::filesystem::path folder{arguments[1]};
    for (const char* part : {"files", "image", "record"})
        std::filesystem::create_directories(folder / part);
    bool good =
        write_module(folder, "valid_riscv", valid(elf::kMachineRiscv, 0)) &&
        write_module(folder,
                     "valid_riscv_floating_point",
                     valid(elf::kMachineRiscv, cw::abi::kModuleFloatingPoint)) &&
        write_module(folder, "valid_x86_64", valid(elf::kMachineX86_64, 0)) &&
        write_module(folder, "valid_smallest", ModuleFile{ModuleSpec{}}) &&
        write(folder / "record" / "valid_riscv", fuzz::record_seed(elf::kMachineRiscv)) &&
        write(folder / "record" / "valid_x86_64", fuzz::record_seed(elf::kMachineX86_64)) &&
        write(folder / "record" / "variables_riscv", fuzz::variable_seed(elf::kMachineRiscv)) &&
        write(folder / "record" / "variables_x86_64", fuzz::variable_seed(elf::kMachineX86_64));
    std::string list;
    for (const MalformedCase& malformed : malformed_cases()) {
        ModuleFile file;
        malformed.change(file);
        good = good && write_module(folder, malformed.name, file);
        list += std::string{malformed.name} + "\t" + malformed.message + "\n";
    }
    for (const auto cases : {malformed_record_sections(),
                             malformed_module_records(),
                             malformed_provide_records(),
                             malformed_require_records()}) {
        for (const MalformedCase& malformed : cases)
            good = good && write(folder / "record" / malformed.name,
                                 fuzz::record_seed(elf::kMachineRiscv, malformed.change));
    }
    std::ofstream messages{folder / "messages"};
    messages << list;
    if (!good || !messages.good()) {
        std::fprintf(stderr, "loader_corpus: cannot write to %s\n", folder.c_str());
        return 1;
    }
    return 0;
}
