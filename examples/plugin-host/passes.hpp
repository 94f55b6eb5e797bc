// A plug-in over a whole log.
#pragma once
#include "log_file.hpp"
#include <chrono>
#include <cw/hosted/programme.hpp>

/// What came of one pass.
struct Pass {
    std::size_t calls = 0;
    std::size_t kept_lines = 0;
    std::uint64_t fingerprint = 0; ///< Of all that was kept, in order.
    std::chrono::nanoseconds time{};
    std::vector<Piece> lost; ///< Their answers never came.
};

/// Calls the plug-in for one piece after the other. When it ends instead of answering, that piece
/// is lost, and `reload` is called before the next. An empty pass with an error: the plug-in
/// refused.
cw::Result<Pass> pass_over(cw::hosted::Nucleus& nucleus,
                           const LogFile& log,
                           const std::vector<Piece>& pieces,
                           const std::function<bool()>& reload = {});
