#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <cw/sdk/block_heap.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <vector>

namespace {

using cw::BlockHeap;

/// A stretch of memory that grows in place, as a module's heap segment does. On the host's own
/// heap, so that a sanitizer sees what runs off its end.
struct World {
    explicit World(std::uint64_t begin_with = 4096) :
        memory{static_cast<char*>(std::aligned_alloc(4096, kMost))},
        heap{new(memory) BlockHeap{address(begin_with)}} {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() { std::free(memory); }

    [[nodiscard]] std::uint64_t address(std::uint64_t offset) const {
        return reinterpret_cast<std::uint64_t>(memory) + offset;
    }
    void extend_to(std::uint64_t bytes) const { heap->extend(address(bytes)); }

    static constexpr std::uint64_t kMost = 1 << 20;
    char* memory;
    BlockHeap* heap;
};

TEST(BlockHeap, gives_aligned_pieces_that_do_not_overlap) {
    World world;
    std::vector<char*> pieces;
    for (std::size_t size = 0; size < 120; size += 7) {
        auto* piece = static_cast<char*>(world.heap->allocate(size));
        ASSERT_NE(piece, nullptr);
        EXPECT_EQ(reinterpret_cast<std::uint64_t>(piece) % BlockHeap::kAlignment, 0u);
        std::memset(piece, static_cast<int>(size), size);
        pieces.push_back(piece);
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        for (std::size_t k = 0; k < 7 * i; ++k)
            ASSERT_EQ(pieces[i][k], static_cast<char>(7 * i));
        EXPECT_TRUE(world.heap->release(pieces[i]));
    }
    EXPECT_EQ(world.heap->statistics().used_bytes, 0u);
    EXPECT_EQ(world.heap->statistics().blocks, 0u);
}

TEST(BlockHeap, what_is_missing_is_exactly_what_is_missing) {
    for (const std::uint64_t bytes : {0u, 1u, 24u, 25u, 1000u, 4000u, 65537u}) {
        for (const bool fragmented : {false, true}) {
            World world;
            void* last = nullptr;
            if (fragmented) { // nothing is free at the end
                while (void* piece = world.heap->allocate(40))
                    last = piece;
                ASSERT_NE(last, nullptr);
            }
            const std::uint64_t missing = world.heap->missing(bytes);
            if (missing == 0) {
                EXPECT_NE(world.heap->allocate(bytes), nullptr);
                continue;
            }
            EXPECT_EQ(world.heap->allocate(bytes), nullptr);
            if (missing > 32) {
                world.heap->extend(world.heap->end() + missing - 16);
                EXPECT_EQ(world.heap->allocate(bytes), nullptr) << bytes;
                EXPECT_EQ(world.heap->missing(bytes), 16u);
            }
            world.heap->extend(world.heap->end() + world.heap->missing(bytes) +
                               (missing > 32 ? 16 : 0)); // no extension is less than a block
            EXPECT_NE(world.heap->allocate(bytes), nullptr) << bytes;
        }
    }
}

TEST(BlockHeap, the_largest_free_piece_can_be_had_whole) {
    World world;
    void* first = world.heap->allocate(1000);
    void* second = world.heap->allocate(100);
    ASSERT_TRUE(world.heap->release(first));
    const std::uint64_t largest = world.heap->statistics().largest_free;
    EXPECT_EQ(world.heap->allocate(largest + 1), nullptr);
    EXPECT_EQ(world.heap->statistics().failures, 1u);
    EXPECT_NE(world.heap->allocate(largest), nullptr);
    EXPECT_TRUE(world.heap->release(second));
}

TEST(BlockHeap, neighbours_merge_in_every_order) {
    int order[] = {0, 1, 2, 3};
    do {
        World world;
        const auto before = world.heap->statistics();
        void* pieces[4];
        for (void*& piece : pieces)
            piece = world.heap->allocate(200);
        for (const int i : order)
            ASSERT_TRUE(world.heap->release(pieces[i]));
        const auto after = world.heap->statistics();
        EXPECT_EQ(after.largest_free, before.largest_free);
        EXPECT_EQ(after.free_bytes, before.free_bytes);
    } while (std::next_permutation(order, order + 4));
}

TEST(BlockHeap, larger_alignments_are_kept_and_waste_nothing) {
    World world{65536};
    const auto before = world.heap->statistics();
    std::vector<void*> pieces;
    for (std::uint64_t alignment = 1; alignment <= 4096; alignment *= 2) {
        void* piece = world.heap->allocate(40, alignment);
        ASSERT_NE(piece, nullptr);
        EXPECT_EQ(reinterpret_cast<std::uint64_t>(piece) % alignment, 0u);
        std::memset(piece, 0x5a, 40);
        pieces.push_back(piece);
    }
    for (void* piece : pieces)
        ASSERT_TRUE(world.heap->release(piece));
    EXPECT_EQ(world.heap->statistics().largest_free, before.largest_free);
}

TEST(BlockHeap, sizes_beyond_reason_are_refused) {
    World world;
    for (const std::uint64_t bytes :
         {BlockHeap::kMaxBytes, ~std::uint64_t{0}, ~std::uint64_t{0} - 7})
        EXPECT_EQ(world.heap->allocate(bytes), nullptr);
    EXPECT_EQ(world.heap->allocate(8, BlockHeap::kMaxBytes), nullptr);
    EXPECT_EQ(world.heap->statistics().failures, 4u);
}

TEST(BlockHeap, what_is_no_block_in_use_is_not_released) {
    World world;
    auto* piece = static_cast<char*>(world.heap->allocate(100));
    auto* next = static_cast<char*>(world.heap->allocate(100));
    EXPECT_FALSE(world.heap->release(piece + 8));
    EXPECT_FALSE(world.heap->release(piece - 16));
    char elsewhere[64]{};
    EXPECT_FALSE(world.heap->release(elsewhere + 32));
    EXPECT_TRUE(world.heap->release(nullptr));
    EXPECT_TRUE(world.heap->release(piece));
    EXPECT_FALSE(world.heap->release(piece)); // twice
    EXPECT_TRUE(world.heap->release(next));
    EXPECT_FALSE(world.heap->release(next));
}

TEST(BlockHeap, a_cut_takes_whole_units_off_a_free_end_only) {
    World world{65536};
    void* piece = world.heap->allocate(5000);
    const std::uint64_t end = world.heap->cut(4096);
    EXPECT_EQ(end % 4096, 0u);
    EXPECT_LT(end, world.address(65536));
    EXPECT_LT(world.heap->statistics().free_bytes, 2 * 4096u);
    EXPECT_EQ(world.heap->cut(4096), world.heap->end()); // nothing more
    const std::uint64_t largest = world.heap->statistics().largest_free;
    auto* rest = static_cast<char*>(world.heap->allocate(largest));
    ASSERT_NE(rest, nullptr);
    const std::uint64_t looks_like_a_size = 8192; // where a free block would have its own
    std::memcpy(rest + largest - 8, &looks_like_a_size, 8);
    EXPECT_EQ(world.heap->cut(4096), world.heap->end()); // the end is in use
    std::memset(world.memory + (world.heap->end() - world.address(0)), 0xee, 4096); // not ours
    world.extend_to(65536);
    EXPECT_TRUE(world.heap->release(rest));
    EXPECT_TRUE(world.heap->release(piece));
    EXPECT_GE(world.heap->statistics().largest_free, 60000u);
}

TEST(BlockHeap, keeps_every_byte_through_a_long_random_life) {
    struct Piece {
        unsigned char* memory;
        std::size_t size;
        unsigned char mark;
    };
    World world;
    std::uint64_t length = 4096;
    std::mt19937 random{11};
    std::vector<Piece> pieces;
    for (int round = 0; round < 40'000; ++round) {
        const unsigned what = random() % 100;
        if (what < 52) {
            const std::size_t size = random() % (random() % 8 == 0 ? 6000 : 200);
            const std::uint64_t alignment = random() % 16 == 0 ? 64 : 1;
            auto* memory = static_cast<unsigned char*>(world.heap->allocate(size, alignment));
            if (memory == nullptr) {
                length = world.heap->end() - world.address(0);
                if (length + 8192 <= World::kMost)
                    world.extend_to(length + 8192);
                continue;
            }
            ASSERT_EQ(reinterpret_cast<std::uint64_t>(memory) % alignment, 0u);
            const auto mark = static_cast<unsigned char>(random());
            std::memset(memory, mark, size);
            pieces.push_back({memory, size, mark});
        } else if (what < 99 && !pieces.empty()) {
            std::swap(pieces[random() % pieces.size()], pieces.back());
            const Piece piece = pieces.back();
            pieces.pop_back();
            ASSERT_TRUE(std::all_of(piece.memory, piece.memory + piece.size, [&](unsigned char c) {
                return c == piece.mark;
            }));
            ASSERT_TRUE(world.heap->release(piece.memory));
        } else {
            const std::uint64_t end = world.heap->cut(4096);
            std::memset(reinterpret_cast<void*>(end), 0xee, world.address(World::kMost) - end);
        }
    }
    EXPECT_EQ(world.heap->statistics().blocks, pieces.size());
    for (const Piece& piece : pieces)
        ASSERT_TRUE(world.heap->release(piece.memory));
    const auto statistics = world.heap->statistics();
    EXPECT_EQ(statistics.used_bytes, 0u);
    EXPECT_EQ(statistics.largest_free, statistics.free_bytes - 8); // all in one piece again
}

} // namespace
