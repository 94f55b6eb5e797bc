// Random words, and the words that are most likely to hurt: edges of address ranges, other
// domains' segments, sizes that wrap.
#pragma once
#include <cstddef>
#include <cstdint>

namespace hostile {

/// Vigna, "An experimental exploration of Marsaglia's xorshift generators" (xorshift64*).
class Random {
public:
    explicit Random(std::uint64_t seed) noexcept : state_{seed * 2 + 1} {}

    std::uint64_t word() noexcept {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545'f491'4f6c'dd1d;
    }
    std::uint64_t below(std::uint64_t limit) noexcept { return (word() >> 16) % limit; }

private:
    std::uint64_t state_;
};

/// Addresses of its own that a forger mixes with others'.
struct Places {
    std::uint64_t area; ///< A buffer area of its own.
    std::uint64_t area_bytes;
    std::uint64_t stack;     ///< Within its stack.
    std::uint64_t text;      ///< Within its code.
    std::uint64_t run;       ///< Its executor's memory.
    std::uint64_t read_only; ///< What the kernel wrote for it.
    std::uint64_t shared;    ///< A ring page of a peer.
};

[[nodiscard]] std::uint64_t any_address(Random& random, const Places& places) noexcept;
[[nodiscard]] std::uint64_t any_size(Random& random) noexcept;
/// An address, a size, a small number, a name, or just bits.
[[nodiscard]] std::uint64_t any_word(Random& random, const Places& places) noexcept;

} // namespace hostile
