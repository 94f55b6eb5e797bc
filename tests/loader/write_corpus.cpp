// Writes module files into a folder: valid ones, and one for each way of being malformed. Seeds for
// the fuzzer, and hostile input for anything else that takes module files. A list beside them says
// how the loader refuses each.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "malformed_cases.hpp"

namespace {

using namespace cw::loader::test;

bool write(const std::filesystem::path& path, const ModuleFile& file) {
    const std::vector<std::byte> bytes = file.bytes();
    std::ofstream out{path, std::ios::binary};
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    return out.good();
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
    std::filesystem::create_directories(folder);
    bool good = write(folder / "valid_riscv", valid(cw::loader::elf::kMachineRiscv, 0)) &&
                write(folder / "valid_riscv_floating_point",
                      valid(cw::loader::elf::kMachineRiscv, cw::abi::kModuleFloatingPoint)) &&
                write(folder / "valid_x86_64", valid(cw::loader::elf::kMachineX86_64, 0)) &&
                write(folder / "valid_smallest", ModuleFile{ModuleSpec{}});
    std::string list;
    for (const MalformedCase& malformed : malformed_cases()) {
        ModuleFile file;
        malformed.change(file);
        good = good && write(folder / malformed.name, file);
        list += std::string{malformed.name} + "\t" + malformed.message + "\n";
    }
    std::ofstream messages{folder.string() + ".messages"};
    messages << list;
    if (!good || !messages.good()) {
        std::fprintf(stderr, "loader_corpus: cannot write to %s\n", folder.c_str());
        return 1;
    }
    return 0;
}
