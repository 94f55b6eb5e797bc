// The options of modprobe.
#pragma once
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/core/text.hpp>
#include <span>
#include <string_view>

namespace shell {

/// What modprobe is asked to do.
struct LoadOptions {
    std::string_view module;
    cw::abi::Placement placement = cw::abi::Placement::kernel;
    std::string_view domain; ///< With Placement::domain: number or name.
    cw::Text<240> links;     ///< "METHOD=PATH ..."
    std::uint8_t grants = 0; ///< modules::Grants for a new domain.
    std::uint8_t hart = 0;   ///< 1 + index, or 0.
    bool dry_run = false;
};

/// A non-negative decimal number of at most `most`; false if it is not one.
[[nodiscard]] bool
parse_number(std::string_view text, std::uint64_t most, std::uint64_t& number) noexcept;

/// False: `wrong` says what is wrong, and what is possible.
[[nodiscard]] bool parse_load_options(std::span<const std::string_view> words,
                                      LoadOptions& options,
                                      cw::TextWriter& wrong) noexcept;

} // namespace shell
