// A process of 32 bits on the kernel of 64: it runs with UXL = 1, at pages that nobody else has
// there, and reads variables in the layout that everybody reads. What the two sides have in common;
// fixed widths only. tests/system/reader_rv32/ has its programme.
#pragma once
#include <array>
#include <cstdint>

namespace cw::kernel::reader32 {

// Where it finds everything, below 2 GiB: above, addresses of 32 and of 64 bits differ by their
// sign.
inline constexpr std::uint32_t kText = 0x0001'0000;   ///< Read and execute.
inline constexpr std::uint32_t kMemory = 0x0010'0000; ///< Its stack, behind its Job.
inline constexpr std::uint32_t kMemoryBytes = 0x0000'2000;
inline constexpr std::uint32_t kDirectory = 0x1000'0000; ///< Read.
inline constexpr std::uint32_t kGroup = 0x7000'0000;     ///< Read.

struct Pair {
    std::uint32_t low;
    std::uint32_t high;
};
struct Wide {
    std::array<std::uint64_t, 6> numbers; ///< All the same.
};
/// As "time/scale".
struct Scale {
    std::uint64_t counter, multiplier, boot_ns, wall_ns;
    std::int32_t west_minutes;
    std::int16_t dst;
    std::uint16_t algorithm;
};
inline constexpr char kPairName[] = "reader32/pair"; ///< A word; its halves are the same.
inline constexpr char kWideName[] = "reader32/wide"; ///< A latch of 48 bytes.
inline constexpr char kScaleName[] = "time/scale";
/// Not published as a field of any of them.
inline constexpr char kNobodysName[] = "reader32/nobody";

/// Filled in by the kernel, then by the reader.
struct Job {
    std::uint32_t group_bytes;
    std::uint32_t reads; ///< Of the pair and of the latch.

    std::uint32_t pointer_bytes;
    std::uint32_t errors; ///< Reads that were refused, but by `busy`,
    std::uint32_t busy;   ///< and by it.
    std::uint32_t torn;   ///< Values of which parts were not of one moment, or older than before.
    std::uint32_t values; ///< Different ones.
    std::uint32_t found_nobody;
    Pair pair; ///< The last ones.
    Wide wide;
    Scale scale;
};
static_assert(sizeof(Job) == 8 * 4 + 8 + 48 + 40);

} // namespace cw::kernel::reader32
