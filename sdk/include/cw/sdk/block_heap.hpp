// An allocator over one stretch of memory that may become longer or shorter at its end. What is
// behind a module's heap (heap.hpp); it knows nothing of modules.
//
// Blocks lie side by side, each with a word in front of it: its size and two flags. Free blocks are
// in a list per size class, four classes to a power of two, and carry their size at their end as
// well, so that neighbours merge at once. Allocating and releasing take constant time, except that
// the last resort is a walk through one list.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cw {

/// Requires: one thread at a time.
class BlockHeap {
public:
    static constexpr std::size_t kAlignment = 16;
    static constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 31;

    struct Statistics {
        std::uint64_t bytes;        ///< Of the stretch.
        std::uint64_t used_bytes;   ///< In blocks, with the word in front of each.
        std::uint64_t free_bytes;   ///< The same of free blocks.
        std::uint64_t largest_free; ///< The most that can be allocated in one piece now.
        std::uint64_t blocks;       ///< In use.
        std::uint64_t failures;     ///< Allocations that found no memory.
    };

    /// Manages [address of this object, end). Requires: memory behind this object up to `end`,
    /// which is a multiple of kAlignment; at least kLeastBytes together.
    explicit BlockHeap(std::uint64_t end) noexcept;
    BlockHeap(const BlockHeap&) = delete;
    BlockHeap& operator=(const BlockHeap&) = delete;

    /// At least `bytes`, aligned to kAlignment or to a larger power of two; null if there is no
    /// block that large. Nothing is zeroed.
    [[nodiscard]] void* allocate(std::uint64_t bytes,
                                 std::uint64_t alignment = kAlignment) noexcept;
    /// False, and nothing is done: this is no block in use, as far as can be told.
    [[nodiscard]] bool release(void* memory) noexcept;

    /// The stretch becomes longer. Requires: as the constructor; `end` is not below the old one.
    void extend(std::uint64_t end) noexcept;
    /// Cuts what is free off the end, down to a multiple of `unit` behind it; the new end.
    std::uint64_t cut(std::uint64_t unit) noexcept;

    /// How much longer the stretch must become so that `bytes` can be allocated in one piece; 0 if
    /// they can be now.
    [[nodiscard]] std::uint64_t missing(std::uint64_t bytes) const noexcept;
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }
    [[nodiscard]] Statistics statistics() const noexcept;

private:
    struct Block;
    static constexpr unsigned kClasses = 128;

    [[nodiscard]] static std::uint64_t block_size(std::uint64_t bytes) noexcept;
    [[nodiscard]] static unsigned class_of(std::uint64_t size) noexcept;
    [[nodiscard]] Block* find(std::uint64_t size) const noexcept;
    [[nodiscard]] Block* largest() const noexcept;
    [[nodiscard]] bool is_used_block(const Block& block) const noexcept;
    void put(Block& block) noexcept;
    void take(Block& block) noexcept;
    void split(Block& block, std::uint64_t size) noexcept;
    void give_back(Block& block) noexcept;

    Block* free_[kClasses]{};
    std::uint64_t any_[kClasses / 64]{}; ///< Bit per class that has a block.
    std::uint64_t first_;                ///< Address of the first block.
    std::uint64_t end_;
    std::uint64_t used_bytes_ = 0;
    std::uint64_t blocks_ = 0;
    std::uint64_t failures_ = 0;

public:
    static constexpr std::uint64_t kLeastBytes = 2048; ///< This object and a few blocks.
};

} // namespace cw
