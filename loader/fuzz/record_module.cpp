#include "record_module.hpp"

namespace cw::loader::fuzz {

test::ModuleFile module_with_records(std::uint16_t machine) {
    test::ModuleSpec spec = test::sample_spec();
    spec.machine = machine;
    // Room for records, and texts for them to name.
    for (const char* name : {"one", "two", "three"}) {
        spec.provides.push_back({.name = std::string{"sample."} + name});
        spec.requires_.push_back({.name = std::string{"other."} + name});
    }
    spec.devices.emplace_back("virtio,mmio");
    return test::ModuleFile{spec};
}

std::vector<std::byte> record_seed(std::uint16_t machine, void (*change)(test::ModuleFile&)) {
    test::ModuleFile file = module_with_records(machine);
    if (change != nullptr)
        change(file);
    const std::vector<std::byte> bytes = file.bytes();
    std::vector<std::byte> seed{machine == elf::kMachineX86_64 ? std::byte{1} : std::byte{0},
                                std::byte{0xff}};
    seed.insert(seed.end(),
                bytes.begin() + static_cast<std::ptrdiff_t>(file.records_at),
                bytes.begin() + static_cast<std::ptrdiff_t>(file.init_array_at));
    return seed;
}

} // namespace cw::loader::fuzz
