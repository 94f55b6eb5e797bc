// A process that is killed behind each instruction of allocate and of deallocate. For x86-64 Linux:
// it traps itself after every instruction. All there is of it then is the heap as it has left it,
// which is looked at, and recovered, in a copy; and at some of the instructions it is really
// killed.
#include "heap_memory.hpp"
#include "processes.hpp"
#include "traps.hpp"

#include <csignal>
#include <cstring>
#include <sys/wait.h>
#include <vector>

namespace cw::test {
namespace {

constexpr std::uint64_t kChunk = SharedHeap::Geometry::kChunkBytes;
/// What is done in a heap that was prepared.
struct Deed {
    const char* name;
    std::uint64_t bytes;
    bool frees;
    bool crowded; ///< There are only chunks of another size, which have to be emptied.
};
constexpr Deed kDeeds[] = {
    {"claims a block of an open chunk", 4096, false, false},
    {"claims a block of a fresh chunk", 8192, false, false},
    {"claims a block where it has to make room", 8192, false, true},
    {"claims a run", 2 * kChunk, false, false},
    {"claims a run where it has to make room", 2 * kChunk, false, true},
    {"frees a block", 4096, true, false},
    {"frees a run", 3 * kChunk, true, false},
};

struct Scene {
    HeapMemory memory{heap::bytes_for(4)};
    SharedHeap other = memory.user(2);
    void* target = nullptr;

    explicit Scene(const Deed& deed) {
        void* first = nullptr;
        EXPECT_EQ(other.allocate(4096, first), Status::ok);
        if (deed.frees)
            EXPECT_EQ(other.allocate(deed.bytes, target), Status::ok);
        void* blocks[6]{};
        for (void*& block : blocks) {
            if (deed.crowded)
                EXPECT_EQ(other.allocate(kChunk / 2, block), Status::ok);
        }
        for (void* block : blocks)
            EXPECT_EQ(other.deallocate(block), Status::ok);
    }
    /// As user 1, instruction by instruction.
    Status act(const Deed& deed, void (*behind)()) {
        SharedHeap mine = memory.user(1);
        return run_stepped(behind, [&] {
            return deed.frees ? mine.deallocate(target) : mine.allocate(deed.bytes, target);
        });
    }
};

/// What the words of a heap were behind each instruction: what is there when a process is killed.
struct Film {
    static constexpr std::size_t kBytes = heap::bytes_for(4) - 4 * kChunk, kMost = 4000;
    std::vector<std::byte> pictures = std::vector<std::byte>(kBytes * kMost);
    std::size_t count = 0;
    const std::byte* from = nullptr;
};
Film* film;

void take_picture() {
    if (film->count != Film::kMost)
        __builtin_memcpy(
            film->pictures.data() + film->count++ * Film::kBytes, film->from, Film::kBytes);
}

std::uint64_t instructions_left;

struct Counts {
    std::uint64_t undone, taken_back, own;
};

/// User 1 has died in the scene, in front of anything or in the middle; others and recover() must
/// find what they need.
void expect_order(Scene& scene, const Deed& deed, const heap::Audit& before, Counts& counts) {
    const heap::Audit left = scene.memory.audit();
    // Others go on, before anybody has cleaned up.
    for (const std::uint64_t bytes : {16u, 4096u}) {
        void* block = nullptr;
        const Status status = scene.other.allocate(bytes, block);
        EXPECT_TRUE(status == Status::ok || (status == Status::no_memory && left.free_chunks == 0));
        EXPECT_EQ(scene.other.deallocate(block), Status::ok);
    }
    scene.memory.recover(1);
    const heap::Audit now = scene.memory.audit();
    EXPECT_EQ(now.half_done, 0u);
    EXPECT_EQ(now.broken, 0u);
    const bool untouched = left.blocks == before.blocks && left.half_done == 0;
    if (deed.frees) { // it is free from its note on
        EXPECT_EQ(now.blocks, before.blocks - (untouched ? 0 : 1));
    } else { // it is its own once its note is gone: just before it returns
        const bool is_own = left.half_done == 0 && left.blocks == before.blocks + 1;
        EXPECT_EQ(now.blocks, before.blocks + (is_own ? 1 : 0));
        counts.own += is_own ? 1 : 0;
    }
    counts.undone += untouched ? 1 : 0;
    counts.taken_back += left.half_done != 0 ? 1 : 0;
}

TEST(SharedHeapKill, behind_any_instruction_costs_others_nothing) {
    for (const Deed& deed : kDeeds) {
        SCOPED_TRACE(deed.name);
        Film pictures;
        heap::Audit before{};
        {
            Scene scene{deed};
            before = scene.memory.audit();
            film = &pictures;
            film->from = scene.memory.begin();
            ASSERT_EQ(scene.act(deed, take_picture), Status::ok);
        }
        ASSERT_GT(pictures.count, 50u);
        ASSERT_LT(pictures.count, Film::kMost);
        Counts counts{};
        for (std::size_t n = 0; n < pictures.count && !HasFailure(); ++n) {
            SCOPED_TRACE(n);
            Scene scene{deed};
            std::memcpy(
                scene.memory.begin(), pictures.pictures.data() + n * Film::kBytes, Film::kBytes);
            expect_order(scene, deed, before, counts);
        }
        std::printf(
            "%s: %zu instructions; %llu before it begins or after it ends, %llu to be ended, "
            "%llu of a block that is its own\n",
            deed.name,
            pictures.count,
            static_cast<unsigned long long>(counts.undone),
            static_cast<unsigned long long>(counts.taken_back),
            static_cast<unsigned long long>(counts.own));
        EXPECT_GT(counts.taken_back, 2u);
        EXPECT_LT(counts.own, 40u);
    }
}

/// The same with processes that are killed, at some of the instructions.
TEST(SharedHeapKill, ends_a_process_there) {
    for (const Deed& deed : kDeeds) {
        SCOPED_TRACE(deed.name);
        Counts counts{};
        bool killed = true;
        for (std::uint64_t instruction = 1; killed; instruction += 97) {
            SCOPED_TRACE(instruction);
            Scene scene{deed};
            const heap::Audit before = scene.memory.audit();
            const pid_t child = run_child([&] {
                instructions_left = instruction;
                const Status status = scene.act(deed, [] {
                    if (instructions_left-- == 0)
                        kill(getpid(), SIGKILL);
                });
                return status == Status::ok ? 0 : 1;
            });
            int status = 0;
            ASSERT_EQ(waitpid(child, &status, 0), child);
            killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
            ASSERT_TRUE(killed || status == 0);
            if (killed)
                expect_order(scene, deed, before, counts);
            if (HasFailure())
                return;
        }
        EXPECT_GT(counts.undone + counts.taken_back, 0u);
    }
}

} // namespace
} // namespace cw::test
