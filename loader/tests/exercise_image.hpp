// What every image that passed the checks must allow: walking all of it, and relocating a copy of
// it.
#pragma once
#include <cw/loader/image.hpp>
#include <string>

namespace cw::loader::test {

/// Uses every accessor of `image` and applies its relocations to a simulated mapping.
/// Returns what an image must never do, or an empty string.
[[nodiscard]] std::string exercise(const Image& image);

} // namespace cw::loader::test
