// What plug-ins have in common.
#pragma once
#include "filter.hpp"
#include <cstring>
#include <cw/core/result.hpp>
#include <string_view>

namespace filter {

/// Copies the lines that `keep` says true of.
template <class Keep>
cw::Result<Kept> each_line(const Lines& lines, Keep keep) noexcept {
    std::string_view rest{reinterpret_cast<const char*>(lines.log.address), lines.log.size_bytes};
    if (lines.kept.size_bytes < rest.size())
        return cw::refuse(cw::Status::invalid_argument);
    auto* const out = reinterpret_cast<char*>(lines.kept.address);
    Kept kept{};
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end == rest.npos ? end : end + 1);
        rest.remove_prefix(line.size());
        if (!keep(line))
            continue;
        std::memcpy(out + kept.bytes, line.data(), line.size());
        kept.bytes += line.size();
        ++kept.lines;
    }
    return kept;
}

} // namespace filter
