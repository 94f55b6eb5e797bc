// What the drivers of the storms share: telling a result, and numbers that look random.
#pragma once
#include <algorithm>
#include <cstdint>
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

/// A sequence that is the same in every run (Marsaglia, "Xorshift RNGs", 2003).
class Random {
public:
    explicit Random(std::uint64_t seed) noexcept : state_{seed * 2 + 1} {}
    std::uint64_t next() noexcept {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }
    /// From 0 to limit - 1. Requires: limit != 0.
    std::uint64_t below(std::uint64_t limit) noexcept { return next() % limit; }

private:
    std::uint64_t state_;
};

} // namespace storms
