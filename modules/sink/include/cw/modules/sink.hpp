// Takes payloads: for measuring what it costs to hand data over.
#pragma once
#include <cw/core/buffer_ref.hpp>
#include <cw/core/future.hpp>

namespace sink {

struct Payload {
    cw::BufferRef data; ///< Whole words of 8 bytes.
};
struct Sum {
    std::uint64_t sum;
};

/// Reads all of it; the sum of its words.
CW_METHOD(sink, take, Payload, Sum, 1, 0);

/// What both sides of a measurement do with a payload, here and in what it is compared with: every
/// word is written, every word is read, one after the other.
inline void fill(std::uint64_t* words, std::uint64_t count, std::uint64_t seed) noexcept {
#pragma clang loop vectorize(disable) unroll_count(4)
    for (std::uint64_t i = 0; i < count; ++i)
        words[i] = seed + i;
}
[[nodiscard]] inline std::uint64_t sum_of(const std::uint64_t* words,
                                          std::uint64_t count) noexcept {
    std::uint64_t sum = 0;
#pragma clang loop vectorize(disable) unroll_count(4)
    for (std::uint64_t i = 0; i < count; ++i)
        sum += words[i];
    return sum;
}
/// What sum_of() gives for what fill() wrote.
[[nodiscard]] constexpr std::uint64_t expected(std::uint64_t count, std::uint64_t seed) noexcept {
    return count * seed + count * (count - 1) / 2;
}

} // namespace sink
