// A mutation that keeps what a checker of random bytes would break at once, so that the deeper
// checks are reached.
#pragma once
#include <cstddef>
#include <span>

namespace cw::loader::fuzz {

/// Changes one relocation of the module file together with the word that it relocates: lets it
/// point elsewhere, or adds one at a place of its own. Does nothing to bytes that are not laid out
/// as a module file.
void change_relocation(std::span<std::byte> file, unsigned seed);

} // namespace cw::loader::fuzz
