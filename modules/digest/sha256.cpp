#include "sha256.hpp"
#include <algorithm>
#include <cstring>
#include <utility>

namespace digest {

namespace {

constexpr std::uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The word twice, side by side: shifting it right rotates its lower half. Processors without a
/// rotate instruction (rv64imac) need three instructions for each rotation otherwise.
[[gnu::always_inline]] inline std::uint64_t twice(std::uint32_t word) noexcept {
    return std::uint64_t{word} << 32 | word;
}
template <unsigned A, unsigned B, unsigned C>
[[gnu::always_inline]] inline std::uint32_t rotations(std::uint32_t word) noexcept {
    const std::uint64_t w = twice(word);
    return static_cast<std::uint32_t>((w >> A) ^ (w >> B) ^ (w >> C));
}
template <unsigned A, unsigned B, unsigned C>
[[gnu::always_inline]] inline std::uint32_t rotations_and_shift(std::uint32_t word) noexcept {
    const std::uint64_t w = twice(word);
    return static_cast<std::uint32_t>((w >> A) ^ (w >> B)) ^ (word >> C);
}

/// Section 6.2.2: 16 rounds, unrolled so that neither the working variables nor the schedule are
/// ever moved.
class Rounds {
public:
    explicit Rounds(const std::array<std::uint32_t, 8>& hash) noexcept : v_{hash} {}

    [[gnu::always_inline]] void first_sixteen(const std::byte* block) noexcept {
        each([&]<unsigned I>() __attribute__((always_inline)) {
            w_[I] = big_endian(block + 4 * I);
            round<I>(kRoundConstants);
        });
    }
    [[gnu::always_inline]] void next_sixteen(const std::uint32_t* constants) noexcept {
        each([&]<unsigned I>() __attribute__((always_inline)) {
            w_[I] += rotations_and_shift<17, 19, 10>(w_[(I + 14) % 16]) + w_[(I + 9) % 16] +
                     rotations_and_shift<7, 18, 3>(w_[(I + 1) % 16]);
            round<I>(constants);
        });
    }
    [[gnu::always_inline]] void add_to(std::array<std::uint32_t, 8>& hash) const noexcept {
        for (std::size_t i = 0; i < hash.size(); ++i)
            hash[i] += v_[i];
    }

private:
    template <class Step>
    [[gnu::always_inline]] static void each(Step step) noexcept {
        [&]<unsigned... I>(std::integer_sequence<unsigned, I...>) __attribute__((always_inline)) {
            (step.template operator()<I>(), ...);
        }(std::make_integer_sequence<unsigned, 16>{});
    }
    [[gnu::always_inline]] static std::uint32_t big_endian(const std::byte* at) noexcept {
        const auto byte = [at](unsigned i) { return static_cast<std::uint32_t>(at[i]); };
        return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    }
    /// What was `a` in one round is `b` in the next: the names move, not the values.
    template <unsigned I>
    [[gnu::always_inline]] void round(const std::uint32_t* constants) noexcept {
        const std::uint32_t a = v_[(16 - I) % 8], b = v_[(17 - I) % 8], c = v_[(18 - I) % 8];
        const std::uint32_t e = v_[(20 - I) % 8], f = v_[(21 - I) % 8], g = v_[(22 - I) % 8];
        std::uint32_t& d = v_[(19 - I) % 8];
        std::uint32_t& h = v_[(23 - I) % 8];
        const std::uint32_t choice = ((f ^ g) & e) ^ g;
        const std::uint32_t majority = ((a | b) & c) | (a & b);
        h += rotations<6, 11, 25>(e) + choice + constants[I] + w_[I];
        d += h;
        h += rotations<2, 13, 22>(a) + majority;
    }

    std::array<std::uint32_t, 8> v_;
    std::array<std::uint32_t, 16> w_;
};

void add_block(std::array<std::uint32_t, 8>& hash, const std::byte* block) noexcept {
    Rounds rounds{hash};
    rounds.first_sixteen(block);
    for (unsigned i = 16; i < 64; i += 16)
        rounds.next_sixteen(kRoundConstants + i);
    rounds.add_to(hash);
}

} // namespace

void Sha256State::add(std::span<const std::byte> data) noexcept {
    const std::size_t used = bytes_ % kBlockBytes;
    bytes_ += data.size();
    if (used != 0) {
        const std::size_t part = std::min(data.size(), kBlockBytes - used);
        std::memcpy(block_.data() + used, data.data(), part);
        if (used + part < kBlockBytes)
            return;
        add_block(hash_, block_.data());
        data = data.subspan(part);
    }
    for (; data.size() >= kBlockBytes; data = data.subspan(kBlockBytes))
        add_block(hash_, data.data());
    if (!data.empty())
        std::memcpy(block_.data(), data.data(), data.size());
}

std::array<std::uint8_t, 32> Sha256State::finish() noexcept {
    // Section 5.1.1: a one bit, zeros up to the last eight bytes of a block, the length in bits.
    constexpr std::size_t kLengthBytes = 8;
    std::size_t used = bytes_ % kBlockBytes;
    block_[used++] = std::byte{0x80};
    if (used > kBlockBytes - kLengthBytes) {
        std::memset(block_.data() + used, 0, kBlockBytes - used);
        add_block(hash_, block_.data());
        used = 0;
    }
    std::memset(block_.data() + used, 0, kBlockBytes - kLengthBytes - used);
    for (std::size_t i = 0; i < kLengthBytes; ++i)
        block_[kBlockBytes - 1 - i] = static_cast<std::byte>(bytes_ * 8 >> 8 * i);
    add_block(hash_, block_.data());

    std::array<std::uint8_t, 32> digest{};
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<std::uint8_t>(hash_[i / 4] >> (24 - i % 4 * 8));
    return digest;
}

} // namespace digest
