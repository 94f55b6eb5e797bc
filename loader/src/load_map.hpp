// From addresses of the image to bytes of the file, never outside of either.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/layout.hpp>
#include <cw/loader/image.hpp>
#include <span>

namespace cw::loader {

/// Whether [offset, offset + bytes) lies in [0, limit); no input can make it overflow.
[[nodiscard]] constexpr bool
within(std::uint64_t offset, std::uint64_t bytes, std::uint64_t limit) noexcept {
    return offset <= limit && bytes <= limit - offset;
}

/// Requires: `bytes` is at most kMaxImageBytes.
[[nodiscard]] constexpr std::uint64_t round_up_to_page(std::uint64_t bytes) noexcept {
    return (bytes + abi::kPageSize - 1) & ~std::uint64_t{abi::kPageSize - 1};
}

/// The load whose bytes from the file hold [address, address + bytes), or null.
[[nodiscard]] const Load*
backed_load(std::span<const Load> loads, std::uint64_t address, std::uint64_t bytes) noexcept;

/// Where the file holds [address, address + bytes) of the image, or null.
[[nodiscard]] const std::byte* file_bytes_at(std::span<const std::byte> file,
                                             std::span<const Load> loads,
                                             std::uint64_t address,
                                             std::uint64_t bytes) noexcept;

/// Reads a T from bytes that need not be aligned.
template <class T>
[[nodiscard]] T read_unaligned(const std::byte* bytes) noexcept {
    T value;
    __builtin_memcpy(&value, bytes, sizeof(T));
    return value;
}

} // namespace cw::loader
