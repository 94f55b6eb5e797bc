// Memory of shared heaps for tests: a whole one between pages that nobody may touch, and a small
// one of whatever `Sync`.
#pragma once
#include <cstdlib>
#include <cw/core/shared_heap.hpp>
#include <gtest/gtest.h>
#include <ostream>
#include <sys/mman.h>
#include <vector>

namespace cw::heap {
inline void PrintTo(const Audit& audit, std::ostream* out) {
    *out << audit.blocks << " blocks of " << audit.bytes << " bytes, " << audit.free_chunks
         << " free chunks, " << audit.half_done << " half done, " << audit.broken << " broken";
}
} // namespace cw::heap

namespace cw::test {

/// Zeroed memory that processes share, with a page at each end that faults.
class HeapMemory {
public:
    explicit HeapMemory(std::uint64_t bytes) : bytes_{bytes} {
        constexpr int kFlags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
        void* const all = mmap(nullptr, bytes + 2 * heap::kPage, PROT_NONE, kFlags, -1, 0);
        if (all == MAP_FAILED)
            std::abort();
        memory_ = static_cast<std::byte*>(all) + heap::kPage;
        if (mprotect(memory_, bytes, PROT_READ | PROT_WRITE) != 0)
            std::abort();
        if (SharedHeap::initialise(memory_, bytes) != Status::ok)
            std::abort();
    }
    ~HeapMemory() { munmap(memory_ - heap::kPage, bytes_ + 2 * heap::kPage); }
    HeapMemory(const HeapMemory&) = delete;
    HeapMemory& operator=(const HeapMemory&) = delete;

    [[nodiscard]] SharedHeap user(std::uint32_t number) {
        SharedHeap heap;
        EXPECT_EQ(SharedHeap::attach(memory_, bytes_, number, heap), Status::ok);
        return heap;
    }
    void recover(std::uint32_t number) { SharedHeap::recover(memory_, bytes_, number); }
    [[nodiscard]] heap::Audit audit() { return user(1).audit(); }
    [[nodiscard]] std::byte* begin() const { return memory_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    std::byte* memory_;
    std::uint64_t bytes_;
};

struct SmallGeometry {
    static constexpr std::uint32_t kChunkBytes = 1024, kLeastBlock = 16, kClasses = 6, kUsers = 4;
};
inline constexpr std::uint32_t kSmallChunks = 3;

template <class Sync>
struct SmallHeap {
    using Allocator = heap::Allocator<Sync, SmallGeometry>;
    heap::UserWords<Sync> users[SmallGeometry::kUsers];
    heap::ChunkWords<Sync> chunks[kSmallChunks];
    typename Sync::template Word<std::uint64_t> words[kSmallChunks * heap::kWordsOf<SmallGeometry>];

    [[nodiscard]] heap::Memory<Sync> memory() { return {users, chunks, words, kSmallChunks}; }
    [[nodiscard]] heap::Audit audit() { return heap::audit<Sync, SmallGeometry>(memory()); }
    void recover(std::uint32_t user) {
        heap::Recovery<Sync, SmallGeometry>{memory(), user}.recover();
    }
};

} // namespace cw::test
