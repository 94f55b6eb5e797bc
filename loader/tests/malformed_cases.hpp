// Files that must be refused: how each differs from the sample module, and the whole message it
// must be refused with.
#pragma once
#include <cstdint>
#include <cw/loader/elf.hpp>
#include <span>
#include <vector>

#include "module_file.hpp"

namespace cw::loader::test {

struct MalformedCase {
    const char* name;
    void (*change)(ModuleFile& file);
    const char* message;
    const char* file_name = "sample.cwm";
    std::uint16_t machine = elf::kMachineRiscv; ///< What the reader expects.
};

[[nodiscard]] std::span<const MalformedCase> malformed_file_headers();
[[nodiscard]] std::span<const MalformedCase> malformed_program_headers();
[[nodiscard]] std::span<const MalformedCase> malformed_loads();
[[nodiscard]] std::span<const MalformedCase> malformed_dynamic_sections();
[[nodiscard]] std::span<const MalformedCase> malformed_relocations();
[[nodiscard]] std::span<const MalformedCase> malformed_relocations_x86_64();
[[nodiscard]] std::span<const MalformedCase> malformed_record_sections();
[[nodiscard]] std::span<const MalformedCase> malformed_module_records();
[[nodiscard]] std::span<const MalformedCase> malformed_provide_records();
[[nodiscard]] std::span<const MalformedCase> malformed_require_records();
[[nodiscard]] std::span<const MalformedCase> malformed_variable_records();

/// All of them.
[[nodiscard]] std::vector<MalformedCase> malformed_cases();

} // namespace cw::loader::test
