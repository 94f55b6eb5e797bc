// Module files as image_fuzz takes them: without the long runs of equal bytes between their parts,
// so that a corpus of them is small. Chunks follow each other: a count and as many bytes as they
// are, then a run: its length in two bytes, and the byte. Any bytes can be unpacked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cw::loader::fuzz {

/// Longer files are cut.
inline constexpr std::size_t kMostUnpacked = 32 << 10;

[[nodiscard]] std::vector<std::byte> pack(std::span<const std::byte> file);
[[nodiscard]] std::vector<std::byte> unpack(std::span<const std::byte> packed);

} // namespace cw::loader::fuzz
