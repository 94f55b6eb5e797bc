// How the drivers of the storms tell their results.
#pragma once
#include <algorithm>
#include <cw/core/text.hpp>
#include <cw/modules/console.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/use.hpp>
#include <string_view>

CW_USES(console::put);

namespace storms {

using Line = cw::Text<240>;

/// Writes a line on the console. Requires: CW_REQUIRE(console::put). Errors: those of console.put.
inline cw::Task<> say(std::string_view text) noexcept {
    while (!text.empty()) {
        console::Inline piece{};
        piece.size = std::min(text.size(), piece.bytes.size());
        std::copy_n(text.begin(), piece.size, piece.bytes.begin());
        text.remove_prefix(piece.size);
        CW_CO_CHECK(co_await console::put(piece));
    }
    co_return cw::Nothing{};
}

} // namespace storms
