// Where things lie in every domain's address space, on every host.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cw::abi {

inline constexpr std::size_t kPageSize = 4096;
inline constexpr std::size_t kCacheLine = 64;

/// The segment window: every segment has one address in it, the same in all domains that may see
/// the segment. No other allocator ever serves an address in it. It fits the lower half of Sv39
/// (256 GiB).
inline constexpr std::uint64_t kWindowBase = 0x10'0000'0000;
inline constexpr std::uint64_t kWindowEnd = 0x3f'0000'0000;

inline constexpr std::uint32_t kAbiMajor =
    2; ///< Changes when an old module file can no longer run.
inline constexpr std::uint32_t kAbiMinor =
    0; ///< Grows when something is added that old files do not need.

} // namespace cw::abi
