// Users of a shared heap that die: in front of every access of the algorithm, one after the other
// and one in the middle of another.
#include "heap_memory.hpp"
#include "step_sync.hpp"

#include <memory>

namespace cw::test {
namespace {

using Heap = SmallHeap<StepSync>;
using heap::Audit;
using heap::Extent;

constexpr std::uint64_t kChunk = SmallGeometry::kChunkBytes;
constexpr std::uint64_t kTooMuch = kSmallChunks * kChunk - 1;

/// What a user does, after the heap was prepared.
struct Deed {
    const char* name;
    bool frees;          ///< Else it claims.
    std::uint64_t bytes; ///< Of the block.
    std::uint64_t small; ///< So many blocks of 16 bytes are in use before,
    bool with_hole;      ///< or were, and one is free again;
    bool empties;        ///< or all are free again, and all chunks are of that size.
};
constexpr Deed kDeeds[] = {
    {"claims in a chunk that is open", false, 16, 3, false, false},
    {"claims where one is free", false, 16, 64, true, false},
    {"opens a chunk", false, 64, 0, false, false},
    {"opens one when all are of another size", false, 64, 3 * 64, false, true},
    {"claims a run", false, 2 * kChunk, 3, false, false},
    {"claims a run of chunks that must be emptied", false, 3 * kChunk, 3 * 64, false, true},
    {"claims what there is not", false, kTooMuch, 3, false, false},
    {"frees a block", true, 16, 3, false, false},
    {"frees the last block of a chunk", true, 128, 0, false, false},
    {"frees a run", true, 2 * kChunk, 3, false, false},
};

/// A heap in which user 1 is about to do its deed.
struct Scene {
    std::unique_ptr<Heap> heap = std::make_unique<Heap>();
    Heap::Allocator first{heap->memory(), 1}, second{heap->memory(), 2};
    Extent target{};
    const Deed& deed;

    explicit Scene(const Deed& what) : deed{what} {
        std::vector<Extent> blocks(deed.small);
        for (Extent& block : blocks)
            claim(16, block);
        if (deed.with_hole)
            EXPECT_EQ(second.free_at(blocks[blocks.size() / 2].offset), Status::ok);
        for (const Extent& block : blocks) {
            if (deed.empties)
                EXPECT_EQ(second.free_at(block.offset), Status::ok);
        }
        if (deed.frees)
            claim(deed.bytes, target);
    }
    void claim(std::uint64_t bytes, Extent& into) {
        EXPECT_EQ(second.claim_bytes(bytes, into), Status::ok);
        second.end();
    }
    Status act() {
        if (deed.frees)
            return first.free_at(target.offset);
        const Status status = first.claim_bytes(deed.bytes, target);
        if (status == Status::ok)
            first.end();
        return status;
    }
};

/// Everything is in use once: each block that can still be had is, and no two overlap.
void expect_sound(Heap& heap, const Audit& before, std::uint64_t freed) {
    const Audit now = heap.audit();
    EXPECT_EQ(now.broken, 0u);
    EXPECT_EQ(now.half_done, 0u);
    EXPECT_EQ(now.blocks + freed, before.blocks);
    Heap::Allocator other{heap.memory(), 3};
    std::uint64_t got = 0;
    for (Extent extent{}; other.claim_bytes(16, extent) == Status::ok; ++got)
        other.end();
    const Audit full = heap.audit();
    EXPECT_EQ(full.free_chunks, 0u);
    EXPECT_EQ(full.blocks, now.blocks + got);
    EXPECT_EQ(full.half_done + full.broken, 0u);
}

/// Dies in front of each of its accesses; ends when it gets to the end.
TEST(SharedHeapDeath, at_any_access_leaves_each_block_in_use_or_free) {
    std::uint64_t deaths = 0;
    for (const Deed& deed : kDeeds) {
        SCOPED_TRACE(deed.name);
        bool stopped = true;
        for (std::uint64_t step = 0; stopped; ++step) {
            SCOPED_TRACE(step);
            Scene scene{deed};
            const Audit before = scene.heap->audit();
            Status status = Status::busy;
            stopped = stopped_at(step, [&] { status = scene.act(); });
            deaths += stopped ? 1 : 0;
            const Audit left = scene.heap->audit();
            scene.heap->recover(1);
            // What it claimed is its own once it has returned. Once it is free, or its note says
            // that it is to be, a block is free.
            const bool claimed = !deed.frees && status == Status::ok;
            const bool freed = scene.heap->audit().blocks < before.blocks;
            EXPECT_TRUE(deed.frees || !freed);
            EXPECT_TRUE(!deed.frees || freed || left == before);
            EXPECT_TRUE(stopped || status == Status::ok || deed.bytes == kTooMuch);
            Audit expected = before;
            expected.blocks += claimed ? 1 : 0;
            expect_sound(*scene.heap, expected, freed ? 1 : 0);
            if (HasFailure())
                return;
        }
    }
    std::printf("%llu deaths\n", static_cast<unsigned long long>(deaths));
    EXPECT_GT(deaths, 100u);
}

/// The first dies at any access; another one, which knows nothing of it, claims and frees and dies
/// at any access of that, and in a recovery that dies anywhere too; then both are recovered.
TEST(SharedHeapDeath, is_not_noticed_by_others_who_die_as_well) {
    std::uint64_t deaths = 0;
    for (const std::uint64_t bytes : {std::uint64_t{16}, 2 * kChunk})
        for (const Deed& deed : kDeeds) {
            SCOPED_TRACE(deed.name);
            bool first_stopped = true;
            for (std::uint64_t step = 0; first_stopped; ++step) {
                SCOPED_TRACE(step);
                bool second_stopped = true;
                for (std::uint64_t next = 0; second_stopped; ++next) {
                    SCOPED_TRACE(next);
                    Scene scene{deed};
                    const Audit before = scene.heap->audit();
                    Status status = Status::busy;
                    first_stopped = stopped_at(step, [&] { status = scene.act(); });
                    Extent extent{};
                    Status theirs = Status::busy;
                    bool given_back = false;
                    second_stopped = stopped_at(next, [&] {
                        theirs = scene.second.claim_bytes(bytes, extent);
                        if (theirs != Status::ok)
                            return;
                        scene.second.end();
                        if (bytes == 16)
                            given_back = scene.second.free_at(extent.offset) == Status::ok;
                    });
                    ++deaths;
                    // A recovery that is cut off, and begun again.
                    static_cast<void>(stopped_at(next % 12, [&] { scene.heap->recover(1); }));
                    const Audit before_second = scene.heap->audit();
                    scene.heap->recover(2);
                    scene.heap->recover(1);
                    const Audit now = scene.heap->audit();
                    std::uint64_t least = before.blocks, most = before.blocks;
                    if (!deed.frees && status == Status::ok)
                        ++least, ++most;
                    if (deed.frees)
                        --least;
                    if (deed.frees && !first_stopped)
                        --most;
                    if (theirs == Status::ok && !second_stopped && !given_back)
                        ++least, ++most;
                    if (theirs == Status::ok && second_stopped)
                        ++most; // in its hands, or given back
                    EXPECT_GE(now.blocks, least);
                    EXPECT_LE(now.blocks, most);
                    EXPECT_LE(now.blocks, before_second.blocks);
                    expect_sound(*scene.heap, now, 0);
                    if (HasFailure())
                        return;
                }
            }
        }
    std::printf("%llu deaths of two\n", static_cast<unsigned long long>(deaths));
    EXPECT_GT(deaths, 1000u);
}

} // namespace
} // namespace cw::test
