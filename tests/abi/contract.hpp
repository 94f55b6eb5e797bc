// What the goldens freeze.
#pragma once
#include <string>
#include <vector>

namespace cw::goldens {

struct Golden {
    std::string name;
    std::string text;
};

/// What separately built files agree on by number: abi/.
[[nodiscard]] std::vector<Golden> binary_contract();
/// What the headers of core/ compile into modules, and the kernel's services.
[[nodiscard]] std::vector<Golden> runtime_contract();

} // namespace cw::goldens
