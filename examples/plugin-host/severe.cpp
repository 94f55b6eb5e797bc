// A plug-in: keeps warnings and errors.
#include "each_line.hpp"
#include <cw/sdk/module.hpp>

namespace {

cw::Result<filter::Kept> scan(filter::Lines lines) noexcept {
    return filter::each_line(lines, [](std::string_view line) {
        return line.contains(" WARN ") || line.contains(" ERROR ");
    });
}

} // namespace

CW_MODULE(severe, {.version = {1, 0}});
CW_PROVIDE(filter::scan, scan);
