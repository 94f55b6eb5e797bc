// A mutation that keeps what a checker of random bytes would break at once, so that the deeper
// checks are reached.
#pragma once
#include <cstddef>
#include <span>

namespace cw::loader::fuzz {

/// Lets one relocation of the module file point elsewhere, both in its entry and in the word in
/// place. Does nothing to bytes that are not laid out as a module file.
void redirect_relocation(std::span<std::byte> file, unsigned seed);

} // namespace cw::loader::fuzz
