// What the measurements share: buffers, the lines they print, loading what is measured.
#pragma once
#include "figures.hpp"
#include <cw/abi/records.hpp>
#include <cw/sdk/buffer.hpp>
#include <string_view>

namespace bench {

// Defined here, so that no address comes from a table while instructions are counted.
inline cw::Area area; ///< The first 8 KiB are for messages; the rest is the measurements'.
inline Figure figure;

cw::Task<> say(std::string_view text) noexcept;
/// Prints `figure` and starts it over.
cw::Task<> report(std::string_view name, std::string_view unit) noexcept;

/// Of this module.
[[nodiscard]] std::uint16_t own_domain() noexcept;
cw::Task<> load(std::string_view name,
                cw::abi::Placement placement,
                std::uint16_t domain,
                std::string_view links = {},
                std::uint8_t hart = 0) noexcept;
cw::Task<> unload(std::string_view name) noexcept;

/// What reading the instruction counter twice costs by itself.
[[nodiscard]] std::uint64_t overhead() noexcept;

} // namespace bench
