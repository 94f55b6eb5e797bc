// SHA-256 as FIPS 180-4 defines it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace digest {

class Sha256State {
public:
    static constexpr std::size_t kBlockBytes = 64;

    void add(std::span<const std::byte> data) noexcept;
    /// The digest of all that was added. Afterwards the state is used up.
    [[nodiscard]] std::array<std::uint8_t, 32> finish() noexcept;

private:
    std::array<std::uint32_t, 8> hash_{0x6a09e667,
                                       0xbb67ae85,
                                       0x3c6ef372,
                                       0xa54ff53a,
                                       0x510e527f,
                                       0x9b05688c,
                                       0x1f83d9ab,
                                       0x5be0cd19};
    std::uint64_t bytes_ =
        0; ///< Added so far; those of the last block that is not full are in block_.
    std::array<std::byte, kBlockBytes> block_{};
};

} // namespace digest
