// What the host and its plug-ins share: a filter of log lines, as a service.
#pragma once
#include <cw/core/buffer_ref.hpp>
#include <cw/core/future.hpp>

namespace filter {

struct Lines {
    cw::BufferRef log;  ///< Whole lines. Not copied, wherever the plug-in runs.
    cw::OutBuffer kept; ///< As large as `log`; the plug-in writes the lines that it keeps.
};
struct Kept {
    std::uint64_t bytes;
    std::uint64_t lines;
};

/// Keeps some of the lines. Errors: invalid_argument (`kept` is smaller than `log`).
CW_METHOD(filter, scan, Lines, Kept, 1, 0);

} // namespace filter
