// The shared heap with one user after the other: what it gives, refuses and gives back, and what it
// makes of a heap that somebody has spoiled.
#include "heap_memory.hpp"

#include <cstring>
#include <map>
#include <random>

namespace cw::test {
namespace {

constexpr std::uint64_t kChunk = SharedHeap::Geometry::kChunkBytes;

void* allocated(SharedHeap& heap, std::uint64_t bytes, std::uint64_t alignment = 16) {
    void* block = nullptr;
    EXPECT_EQ(heap.allocate(bytes, block, alignment), Status::ok) << bytes;
    return block;
}

TEST(SharedHeap, blocks_are_whole_and_nobody_elses) {
    HeapMemory memory{heap::bytes_for(200)};
    SharedHeap users[] = {memory.user(1), memory.user(2), memory.user(63)};
    struct Block {
        std::size_t bytes;
        unsigned char mark;
    };
    std::map<unsigned char*, Block> blocks;
    std::mt19937 random{1};
    for (int step = 0; step < 20'000; ++step) {
        SharedHeap& heap = users[random() % 3];
        if (blocks.size() < 400 && random() % 3 != 0) {
            const std::size_t bytes =
                random() % 50 == 0 ? random() % (3 * kChunk) : std::size_t{1} << random() % 14;
            void* block = nullptr;
            const Status status = heap.allocate(bytes, block);
            if (status == Status::no_memory && bytes > kChunk / 2)
                continue; // no chunks in a row
            ASSERT_EQ(status, Status::ok);
            auto* const at = static_cast<unsigned char*>(block);
            ASSERT_TRUE(heap.contains(at) && heap.contains(at + bytes - 1));
            const auto mark = static_cast<unsigned char>(random());
            std::memset(at, mark, bytes);
            ASSERT_TRUE(blocks.emplace(at, Block{bytes, mark}).second);
        } else if (!blocks.empty()) {
            auto it = blocks.lower_bound(
                reinterpret_cast<unsigned char*>(memory.begin() + random() % memory.bytes()));
            if (it == blocks.end())
                it = blocks.begin();
            for (std::size_t i = 0; i < it->second.bytes; ++i)
                ASSERT_EQ(it->first[i], it->second.mark);
            ASSERT_EQ(heap.deallocate(it->first), Status::ok);
            blocks.erase(it);
        }
        if (step % 1000 == 0) {
            ASSERT_EQ(memory.audit().blocks, blocks.size());
            ASSERT_EQ(memory.audit().broken, 0u);
        }
    }
    for (const auto& [at, block] : blocks)
        ASSERT_EQ(users[0].deallocate(at), Status::ok);
    EXPECT_EQ(memory.audit().blocks, 0u);
    EXPECT_EQ(memory.audit().half_done, 0u);
    EXPECT_EQ(memory.audit().broken, 0u);
    allocated(users[1], 200 * kChunk); // what had been cut into blocks is whole again
}

TEST(SharedHeap, keeps_alignments) {
    HeapMemory memory{heap::bytes_for(100)};
    SharedHeap heap = memory.user(1);
    for (std::uint64_t alignment = 1; alignment <= SharedHeap::kMostAlignment; alignment *= 2) {
        for (const std::uint64_t bytes : {std::uint64_t{0}, alignment / 2, 3 * alignment, kChunk}) {
            const auto address =
                reinterpret_cast<std::uintptr_t>(allocated(heap, bytes, alignment));
            EXPECT_EQ(address % alignment, 0u);
        }
    }
    void* block = nullptr;
    EXPECT_EQ(heap.allocate(1, block, 8192), Status::invalid_argument);
    EXPECT_EQ(heap.allocate(1, block, 24), Status::invalid_argument);
}

TEST(SharedHeap, that_is_full_says_so_and_is_as_before_when_all_is_free) {
    constexpr std::uint64_t kChunks = 5;
    HeapMemory memory{heap::bytes_for(kChunks)};
    SharedHeap first = memory.user(1), second = memory.user(2);
    const heap::Audit empty = memory.audit();
    ASSERT_EQ(empty.free_chunks, kChunks);
    for (const std::uint64_t bytes : {std::uint64_t{16}, std::uint64_t{5000}, kChunk, 2 * kChunk}) {
        std::vector<void*> blocks;
        void* block = nullptr;
        Status status = Status::ok;
        while ((status = first.allocate(bytes, block)) == Status::ok)
            blocks.push_back(block);
        EXPECT_EQ(status, Status::no_memory);
        EXPECT_EQ(second.allocate(bytes, block), Status::no_memory);
        const std::uint64_t rounded = bytes == 5000 ? 8192 : bytes;
        EXPECT_EQ(blocks.size(), kChunks * kChunk / rounded);
        // One that is freed by the other can be had again, by either.
        ASSERT_EQ(second.deallocate(blocks.front()), Status::ok);
        EXPECT_EQ(allocated(first, bytes), blocks.front());
        for (void* each : blocks)
            ASSERT_EQ(second.deallocate(each), Status::ok);
        EXPECT_EQ(memory.audit().blocks, 0u);
    }
    ASSERT_EQ(first.deallocate(allocated(first, kChunks * kChunk)), Status::ok);
    EXPECT_EQ(memory.audit(), empty);
    EXPECT_EQ(first.allocate(~std::uint64_t{0}, *std::vector<void*>(1).data()), Status::no_memory);
}

TEST(SharedHeap, frees_nothing_but_blocks_in_use) {
    HeapMemory memory{heap::bytes_for(8)};
    SharedHeap heap = memory.user(1);
    auto* const block = static_cast<std::byte*>(allocated(heap, 64));
    auto* const run = static_cast<std::byte*>(allocated(heap, 2 * kChunk));
    const heap::Audit before = memory.audit();
    int local = 0;
    for (void* wrong : {static_cast<void*>(block + 16),
                        static_cast<void*>(block + 64),
                        static_cast<void*>(run + kChunk),
                        static_cast<void*>(run + 16),
                        static_cast<void*>(memory.begin()),
                        static_cast<void*>(memory.begin() + memory.bytes()),
                        static_cast<void*>(memory.begin() - 1),
                        static_cast<void*>(&local)})
        EXPECT_EQ(heap.deallocate(wrong), Status::invalid_argument);
    EXPECT_EQ(memory.audit(), before);
    EXPECT_EQ(heap.deallocate(nullptr), Status::ok);
    for (void* once : {block, run}) {
        EXPECT_EQ(heap.deallocate(once), Status::ok);
        EXPECT_EQ(heap.deallocate(once), Status::invalid_argument) << "twice";
    }
}

TEST(SharedHeap, attaches_only_to_what_is_one) {
    HeapMemory memory{heap::bytes_for(4)};
    SharedHeap heap;
    std::byte* const at = memory.begin();
    EXPECT_EQ(SharedHeap::attach(at, memory.bytes(), 0, heap), Status::invalid_argument);
    EXPECT_EQ(SharedHeap::attach(at, memory.bytes(), 64, heap), Status::invalid_argument);
    EXPECT_EQ(SharedHeap::attach(at + 16, memory.bytes(), 1, heap), Status::invalid_argument);
    EXPECT_EQ(SharedHeap::attach(at, heap::kLeastBytes - 1, 1, heap), Status::invalid_argument);
    EXPECT_EQ(SharedHeap::attach(at, memory.bytes() - kChunk, 1, heap), Status::mismatch);
    std::memset(at, 0, heap::kPage);
    EXPECT_EQ(SharedHeap::attach(at, memory.bytes(), 1, heap), Status::mismatch);
    EXPECT_FALSE(heap);
}

struct Virtual {
    virtual ~Virtual() = default;
};
struct Second {
    virtual ~Second() = default;
};
struct Both : Virtual, Second {};
template <class T>
concept Makeable = requires(SharedHeap& heap) { heap.make<T>(); };
static_assert(Makeable<std::pair<int, int>> && !Makeable<Virtual>);

TEST(SharedHeap, makes_and_destroys_objects) {
    HeapMemory memory{heap::bytes_for(4)};
    SharedHeap heap = memory.user(1);
    int alive = 0;
    struct Counted {
        int* counter;
        explicit Counted(int* number) : counter{number} { ++*counter; }
        ~Counted() { --*counter; }
    };
    Counted* const object = heap.make<Counted>(&alive);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(alive, 1);
    EXPECT_EQ(heap.destroy(object), Status::ok);
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(heap.audit().blocks, 0u);
    // A part of an object that is not its beginning, as far as tables of virtual functions tell.
    void* block = nullptr;
    ASSERT_EQ(heap.allocate(sizeof(Both), block), Status::ok);
    Second* const part = ::new (block) Both{};
    EXPECT_NE(static_cast<void*>(part), block);
    EXPECT_EQ(heap.destroy(part), Status::ok);
    EXPECT_EQ(heap.audit().blocks, 0u);
    heap.root(3).store(7, Order::relaxed);
    EXPECT_EQ(memory.user(2).root(3).load(Order::relaxed), 7u);
}

/// Somebody writes anything over any of the heap's own words, all the time. The allocator gives and
/// takes what it likes, within the heap: a step beside it would fault.
TEST(SharedHeap, spoiled_by_a_user_touches_nothing_outside) {
    constexpr std::uint64_t kChunks = 6;
    HeapMemory memory{heap::bytes_for(kChunks)};
    SharedHeap heap = memory.user(1);
    std::mt19937_64 random{7};
    const std::uint64_t own_words =
        (sizeof(heap::Head) + kChunks * (heap::kChunkCost - kChunk)) / 8;
    auto* const words = reinterpret_cast<Atomic<std::uint64_t>*>(memory.begin());
    const std::size_t first = sizeof(SharedHeader) / 8;
    const std::size_t states = sizeof(heap::Head) / 8;
    std::vector<void*> blocks;
    std::uint64_t given = 0, refused = 0;
    for (int step = 0; step < CW_TEST_TRIES; ++step) {
        const bool aimed = random() % 4 != 0; // at users and chunks rather than at words
        const std::size_t word = aimed ? first + random() % (states + 2 * kChunks - first)
                                       : first + random() % (own_words - first);
        // What might be right, but for a bit or two; or anything.
        const std::uint64_t old = words[word].load(Order::relaxed);
        const std::uint64_t fresh = random() % 2 == 0 ? old ^ std::uint64_t{1} << random() % 64
                                    : random() % 2 == 0
                                        ? random()
                                        : (random() % 7) << 56 | (random() % 16) << 52 |
                                              (random() % 9) << 32 | (random() % 3) << 26;
        words[word].store(fresh, Order::relaxed);
        const std::uint64_t bytes =
            random() % 8 == 0 ? random() % (4 * kChunk) : std::uint64_t{1} << random() % 16;
        void* block = nullptr;
        if (heap.allocate(bytes, block) == Status::ok) {
            ASSERT_TRUE(heap.contains(block) &&
                        heap.contains(static_cast<std::byte*>(block) + bytes - 1));
            blocks.push_back(block);
            ++given;
        } else {
            ++refused;
        }
        if (!blocks.empty() && random() % 2 == 0) {
            refused += heap.deallocate(blocks.back()) == Status::ok ? 0 : 1;
            blocks.pop_back();
        }
        if (random() % 16 == 0) {
            heap.recover(static_cast<std::uint32_t>(1 + random() % 63));
            static_cast<void>(heap.audit());
        }
        if (random() % 512 == 0) { // begin anew, or everything is spoiled in the end
            std::memset(
                memory.begin() + sizeof(SharedHeader), 0, own_words * 8 - sizeof(SharedHeader));
            blocks.clear();
        }
    }
    EXPECT_GT(given, 100u);
    EXPECT_GT(refused, 100u);
}

} // namespace
} // namespace cw::test
