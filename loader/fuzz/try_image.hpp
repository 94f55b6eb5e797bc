// What must come of a module file, whatever its bytes: a refusal with one printable line, or an
// image that can be used.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace cw::loader::fuzz {

/// Reads the file for this machine; ends the process if something else comes of it.
void try_image(std::span<const std::byte> file, std::uint16_t machine);

} // namespace cw::loader::fuzz
