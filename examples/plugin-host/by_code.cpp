// A plug-in with a bug: keeps lines with a code that it has not seen before, and believes that
// codes are below 1000.
#include "each_line.hpp"
#include <charconv>
#include <cw/sdk/module.hpp>

namespace {

bool seen[1000];

cw::Result<filter::Kept> scan(filter::Lines lines) noexcept {
    return filter::each_line(lines, [](std::string_view line) {
        constexpr std::string_view kLabel = " code=";
        const std::size_t at = line.find(kLabel);
        if (at == line.npos)
            return false;
        std::uint64_t code = 0;
        std::from_chars(line.data() + at + kLabel.size(), line.data() + line.size(), code);
        bool& entry = seen[code]; // here
        const bool first = !entry;
        entry = true;
        return first;
    });
}

} // namespace

CW_MODULE(by_code, {.version = {1, 0}});
CW_PROVIDE(filter::scan, scan);
