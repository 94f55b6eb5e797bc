// Fuzzes the parser of records behind a file that is right otherwise: the input is the bytes of the
// record section. What looks like an address in it is relocated, as a linker would do, or the
// relocations would be all that is ever refused.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <cw/abi/layout.hpp>
#include <span>

#include "record_module.hpp"
#include "try_image.hpp"

namespace {

using namespace cw::loader;

/// The relocations that a linker would have made for these records, and those of the rest.
void relocate(test::ModuleFile& file, std::span<const std::uint8_t> records, std::size_t except) {
    std::vector<elf::Rela>& relocations = file.relocations();
    const std::size_t room = (file.strings_at - file.relocations_at) / sizeof(elf::Rela);
    const std::uint64_t kind = relocations.front().info;
    std::vector<elf::Rela> rest;
    std::ranges::copy_if(relocations, std::back_inserter(rest), [&](const elf::Rela& one) {
        return one.place >= file.init_array_at;
    });
    relocations.clear();
    for (std::size_t word = 0; 8 * (word + 1) <= records.size(); ++word) {
        std::uint64_t value;
        std::memcpy(&value, records.data() + 8 * word, sizeof(value));
        // One that lies a little beyond the module is what the checks behind this are for.
        const bool address = value >= file.symbols_at && value < file.state_at + cw::abi::kPageSize;
        if (address && word != except && relocations.size() + rest.size() < room)
            relocations.push_back({file.records_at + 8 * word, kind, value});
    }
    relocations.insert(relocations.end(), rest.begin(), rest.end());
    const std::size_t count = relocations.size();
    file.tag(elf::kDtRelaSz) = count * sizeof(elf::Rela);
    file.tag(elf::kDtRelaCount) = count;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::array modules{fuzz::module_with_records(elf::kMachineRiscv),
                                    fuzz::module_with_records(elf::kMachineX86_64)};
    fuzz::RecordChoices choices;
    if (size < sizeof(choices))
        return 0;
    std::memcpy(&choices, data, sizeof(choices));
    test::ModuleFile file = modules[choices.machine % 2];
    const std::size_t room = file.init_array_at - file.records_at;
    const std::size_t bytes = std::min(size - sizeof(choices), room);
    const std::span<const std::uint8_t> records{data + sizeof(choices), bytes};

    relocate(file, records, choices.unrelocated);
    std::vector<std::uint8_t> section(records.begin(), records.end());
    section.resize(room);
    file.patch(file.records_at, {reinterpret_cast<const char*>(section.data()), section.size()});
    elf::ProgramHeader& header = file.program_headers[test::ModuleFile::kRecords];
    header.file_bytes = header.memory_bytes = bytes;
    fuzz::try_image(file.bytes(), file.header.machine);
    return 0;
}
