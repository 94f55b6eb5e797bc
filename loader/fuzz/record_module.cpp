#include "record_module.hpp"

namespace cw::loader::fuzz {
namespace {

constexpr std::size_t kEmptyTextBytes = 0x100;

test::ModuleFile module_without_variables(std::uint16_t machine) {
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

/// Adds variables to a file that was laid out without: their texts well behind all others, their
/// slots in front of the state. Inputs that were kept are full of addresses, which a layout with
/// variables would make wrong; some are of empty text right behind the last.
void add_variables(test::ModuleFile& file) {
    const test::ModuleSpec spec = test::variables_spec();
    const test::ModuleFile with_variables{spec};
    file.publishes = with_variables.publishes;
    file.reads = with_variables.reads;
    file.add_string(std::string(kEmptyTextBytes, '\0'));
    std::uint64_t slot = file.state_at;
    const auto place = [&](auto& record, const test::VariableSpec& variable) {
        record.name = file.add_string(variable.name);
        record.schema = file.add_string(variable.schema);
        record.slot = slot -= 8;
    };
    for (std::size_t i = 0; i < file.publishes.size(); ++i)
        place(file.publishes[i], spec.publishes[i]);
    for (std::size_t i = 0; i < file.reads.size(); ++i)
        place(file.reads[i], spec.reads[i]);
}

std::vector<std::byte> seed_of(const test::ModuleFile& file) {
    const std::vector<std::byte> bytes = file.bytes();
    const bool x86_64 = file.header.machine == elf::kMachineX86_64;
    std::vector<std::byte> seed{x86_64 ? std::byte{1} : std::byte{0}, std::byte{0xff}};
    seed.insert(seed.end(),
                bytes.begin() + static_cast<std::ptrdiff_t>(file.records_at),
                bytes.begin() + static_cast<std::ptrdiff_t>(file.read_at(file.reads.size())));
    return seed;
}

} // namespace

test::ModuleFile module_with_records(std::uint16_t machine) {
    test::ModuleFile file = module_without_variables(machine);
    add_variables(file);
    // There is no room for their records beside the others.
    file.publishes.clear();
    file.reads.clear();
    return file;
}

std::vector<std::byte> record_seed(std::uint16_t machine, void (*change)(test::ModuleFile&)) {
    test::ModuleFile file = module_with_records(machine);
    if (change != nullptr)
        change(file);
    return seed_of(file);
}

std::vector<std::byte> variable_seed(std::uint16_t machine) {
    test::ModuleFile file = module_without_variables(machine);
    add_variables(file);
    file.provides.clear();
    return seed_of(file);
}

} // namespace cw::loader::fuzz
