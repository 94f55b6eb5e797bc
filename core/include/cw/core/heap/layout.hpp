// How the memory of a shared heap is divided.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/heap/words.hpp>
#include <cw/core/shared_header.hpp>

namespace cw::heap {

inline constexpr std::uint32_t kRoots = 16;

/// What a heap begins with. Blocks follow the words of the last chunk, at the next page.
struct Head {
    SharedHeader header;
    alignas(64) Atomic<std::uint64_t> roots[kRoots]; ///< Addresses, or what else users agree upon.
    UserWords<NativeSync> users[Geometry::kUsers];
};

inline constexpr std::uint64_t kPage = 4096;
/// What a chunk takes, with its words.
inline constexpr std::uint64_t kChunkCost = Geometry::kChunkBytes + sizeof(ChunkWords<NativeSync>) +
                                            kWordsOf<Geometry> * sizeof(Atomic<std::uint64_t>);
inline constexpr std::uint64_t kLeastBytes = sizeof(Head) + kPage + kChunkCost;
inline constexpr std::uint64_t kMostBytes =
    std::uint64_t{Intent::kMostChunks} * Geometry::kChunkBytes;

/// Memory for `chunks` full chunks.
constexpr std::uint64_t bytes_for(std::uint64_t chunks) noexcept {
    return (sizeof(Head) + chunks * kChunkCost + 2 * kPage - 1) / kPage * kPage;
}

[[nodiscard]] inline bool fits(const void* memory, std::uint64_t bytes) noexcept {
    return reinterpret_cast<std::uintptr_t>(memory) % kPage == 0 && bytes >= kLeastBytes &&
           bytes <= kMostBytes;
}
/// Requires, here and below: fits().
[[nodiscard]] constexpr std::uint32_t chunks_of(std::uint64_t bytes) noexcept {
    return static_cast<std::uint32_t>((bytes - sizeof(Head) - kPage) / kChunkCost);
}
/// Where the first chunk begins.
[[nodiscard]] constexpr std::uint64_t data_offset(std::uint64_t bytes) noexcept {
    const std::uint64_t end =
        sizeof(Head) + chunks_of(bytes) * (kChunkCost - Geometry::kChunkBytes);
    return (end + kPage - 1) / kPage * kPage;
}
[[nodiscard]] constexpr Layout layout_of(std::uint64_t bytes) noexcept {
    return {Shape::heap, Geometry::kChunkBytes, chunks_of(bytes), Geometry::kUsers};
}
[[nodiscard]] inline Memory<NativeSync> memory_of(void* memory, std::uint64_t bytes) noexcept {
    static_assert(sizeof(Head) % alignof(ChunkWords<NativeSync>) == 0);
    auto* const head = static_cast<Head*>(memory);
    const std::uint32_t count = chunks_of(bytes);
    auto* const chunks = reinterpret_cast<ChunkWords<NativeSync>*>(head + 1);
    return {head->users, chunks, reinterpret_cast<Atomic<std::uint64_t>*>(chunks + count), count};
}

} // namespace cw::heap
