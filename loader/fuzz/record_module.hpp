// The module whose records record_fuzz replaces, and what is in front of them in its inputs.
#pragma once
#include <cstdint>
#include <vector>

#include "module_file.hpp"

namespace cw::loader::fuzz {

struct RecordChoices {
    std::uint8_t machine;     ///< Odd: x86-64.
    std::uint8_t unrelocated; ///< This word of the section is not relocated.
};

[[nodiscard]] test::ModuleFile module_with_records(std::uint16_t machine);

/// The input that leaves the module as it is, or makes its records what `change` makes them.
[[nodiscard]] std::vector<std::byte> record_seed(std::uint16_t machine,
                                                 void (*change)(test::ModuleFile&) = nullptr);

/// The input with publish and read records in place of the provide records.
[[nodiscard]] std::vector<std::byte> variable_seed(std::uint16_t machine);

} // namespace cw::loader::fuzz
