#include "malformed_cases.hpp"

namespace cw::loader::test {

std::vector<MalformedCase> malformed_cases() {
    std::vector<MalformedCase> all;
    for (const std::span<const MalformedCase> part : {malformed_file_headers(),
                                                      malformed_program_headers(),
                                                      malformed_loads(),
                                                      malformed_dynamic_sections(),
                                                      malformed_relocations(),
                                                      malformed_relocations_x86_64(),
                                                      malformed_record_sections(),
                                                      malformed_module_records(),
                                                      malformed_provide_records(),
                                                      malformed_require_records(),
                                                      malformed_variable_records()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

} // namespace cw::loader::test
